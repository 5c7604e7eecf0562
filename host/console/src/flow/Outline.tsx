/** The same strategy as a list: every step can be reached, added to and removed without a pointer. */
import { ActionIcon, Button } from '@mantine/core'
import { ArrowRight, Plus, Trash2, TriangleAlert } from 'lucide-react'
import { useSpeech } from '../words'
import { exitId, inOrder, keyOf, type Spot, type Strategy, TRIGGER, targetOf, waysOf } from './document'
import { useTitles } from './StepCard'
import { useWayName } from './summary'

export function Outline(props: {
  strategy: Strategy
  chosen?: string
  editable: boolean
  troubled: Map<string, { count: number; refuses: boolean }>
  lit?: Map<string, string>
  choose: (name: string) => void
  add: (spot: Spot) => void
  remove: (name: string) => void
}) {
  const { say } = useSpeech()
  const titles = useTitles(props.strategy)
  const wayName = useWayName()
  const { strategy, troubled, editable } = props
  const exits = (strategy.exits ?? []).flatMap((exit, place) => (exit.then === 'end' ? [] : [exitId(place)]))
  const waysFrom = (id: string): string[][] => {
    const step = strategy.steps[id]
    return step ? waysOf(step).map(way => way.path) : [id === TRIGGER ? ['next'] : ['then']]
  }
  return (
    <ol className="plain flow-outline" aria-label={say('flow.list')}>
      {[TRIGGER, ...exits, ...inOrder(strategy)].map(id => {
        const { icon: Icon, tone, kind, title, about } = titles(id)
        const trouble = troubled.get(id)
        return (
          <li key={id} className={props.chosen === id ? 'chosen' : undefined}>
            <div className="flow-outline-head">
              <button
                type="button"
                className={`flow-outline-name ${tone}`}
                aria-pressed={props.chosen === id}
                onClick={() => props.choose(id)}
              >
                <span className="flow-icon">
                  <Icon size={16} aria-hidden />
                </span>
                <span className="flow-words">
                  <span className="flow-kind">{props.lit?.get(id) || kind}</span>
                  <bdi className="flow-title">{title}</bdi>
                  {about && <span className="flow-about">{about}</span>}
                </span>
                {trouble && (
                  <span className={`flow-outline-trouble ${trouble.refuses ? 'bad' : 'warn'}`}>
                    <TriangleAlert size={15} aria-hidden />
                    <span className="unseen">{say('flow.troubles', { n: trouble.count })}</span>
                  </span>
                )}
              </button>
              {editable && strategy.steps[id] && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={say('flow.takeAway', { name: title })}
                  onClick={() => props.remove(id)}
                >
                  <Trash2 size={16} aria-hidden />
                </ActionIcon>
              )}
            </div>
            <ul className="plain flow-outline-ways">
              {waysFrom(id).map(path => {
                const to = targetOf(strategy, { from: id, path })
                const name = wayName(path)
                return (
                  <li key={keyOf(path)}>
                    <ArrowRight size={14} className="mirrored" aria-hidden />
                    {name && <span className="quiet">{name}</span>}
                    <bdi>{to || say('flow.nowhere')}</bdi>
                    {editable && (
                      <Button
                        size="compact-xs"
                        variant="subtle"
                        leftSection={<Plus size={13} aria-hidden />}
                        aria-label={`${say('flow.addHere')}: ${[title, name].filter(Boolean).join(', ')}`}
                        onClick={() => props.add({ from: id, path })}
                      >
                        {say('flow.addHere')}
                      </Button>
                    )}
                  </li>
                )
              })}
            </ul>
          </li>
        )
      })}
    </ol>
  )
}
