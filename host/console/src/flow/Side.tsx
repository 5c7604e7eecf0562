/** Beside the picture: the chosen step, the policies, what is wrong, and what would happen. */
import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, type Ref, Suspense } from 'react'
import { Waiting } from '../pieces/Answer'
import { api, take } from '../api/client'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { type Fault, nodeOf, type Spot, type Step, type Strategy } from './document'
import { Faults } from './forms/Faults'
import { useTitles } from './StepCard'

// Fetched by whoever looks at them.
const Chosen = lazy(async () => ({ default: (await import('./Chosen')).Chosen }))
const PolicyForm = lazy(async () => ({ default: (await import('./forms/PolicyForm')).PolicyForm }))
const Preview = lazy(async () => ({ default: (await import('./Preview')).Preview }))

export type View = 'step' | 'policies' | 'faults' | 'preview'
const VIEWS: View[] = ['step', 'policies', 'preview', 'faults']

export function Side(props: {
  ref: Ref<HTMLElement>
  view: View
  look: (view: View) => void
  chosen: string
  strategy: Strategy
  faults: Fault[]
  editable: boolean
  change: (strategy: Strategy, about?: string) => void
  changeStep: (name: string, step: Step, field?: string) => void
  rename: (name: string, to: string) => void
  lead: (spot: Spot, to: string) => void
  add: (spot: Spot) => void
  remove: (name: string) => void
  toFault: (fault: Fault) => void
  light: (way: Map<string, string> | undefined) => void
}) {
  const { say, word, number } = useSpeech()
  const { view, strategy, faults } = props
  const titleOf = useTitles(strategy)
  const title = view === 'step' ? titleOf(props.chosen).title : word('flowView', view)
  return (
    <section className="flow-side" ref={props.ref} tabIndex={-1} aria-label={say('flow.side')}>
      <div className="flow-views" role="group" aria-label={say('flow.side')}>
        {VIEWS.map(one => (
          <button key={one} type="button" aria-pressed={view === one} onClick={() => props.look(one)}>
            {word('flowView', one)}
            {one === 'faults' && faults.length > 0 && <span className="flow-count">{number(faults.length)}</span>}
          </button>
        ))}
      </div>
      <div className="flow-side-body" key={`${view}/${view === 'step' ? props.chosen : ''}`}>
        <h2 className={view === 'step' ? undefined : 'unseen'}>
          <bdi>{title}</bdi>
        </h2>
        <Suspense fallback={<Waiting />}>
          <Body {...props} />
        </Suspense>
      </div>
    </section>
  )
}

export type Props = Parameters<typeof Side>[0]

function Body(props: Props): ReactNode {
  const { say } = useSpeech()
  const { view, strategy, faults, editable } = props
  if (view === 'preview') return <Try {...props} />
  if (view === 'faults') {
    return faults.length === 0 ? (
      <p className="quiet">{say('flow.sound')}</p>
    ) : (
      <Faults of={faults} choose={props.toFault} />
    )
  }
  // Whoever may not edit sees the same, and can change nothing of it.
  return (
    <fieldset className="flow-plain" disabled={!editable}>
      {view === 'policies' ? (
        <PolicyForm
          strategy={strategy}
          faults={faults.filter(fault => nodeOf(fault, strategy) === undefined)}
          change={props.change}
        />
      ) : (
        <Chosen {...props} />
      )}
    </fieldset>
  )
}

/** In the demo the clock is its own. */
function Try(props: Props) {
  const { shop, mode } = useVisit()
  const clock = useQuery({
    queryKey: ['shop', shop.id, 'flow', 'clock'],
    queryFn: async () =>
      mode === 'demo' ? String((await take(api.GET('/v1/demo/clock'))).now) : new Date().toISOString(),
    staleTime: 0,
  })
  if (!clock.data) return null
  return <Preview strategy={props.strategy} now={clock.data} choose={props.toFault} light={props.light} />
}
