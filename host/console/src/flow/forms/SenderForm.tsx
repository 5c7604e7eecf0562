/** By which senders of a channel a strategy goes: the first, and those that stand in for it (S23). */
import { useSpeech } from '../../words'
import type { Strategy } from '../document'
import { ChoiceField } from './fields'
import { useHoldings } from './shop'

type Senders = Record<string, string[]>

export function SenderForm(props: { strategy: Strategy; change: (senders: Senders) => void }) {
  const { say } = useSpeech()
  const { senders: known } = useHoldings()
  const named = (props.strategy.policies.senders ?? {}) as Senders
  // What a strategy names of a channel without senders stays to be seen, because it has to be taken away.
  const channels = channelsOf(props.strategy).filter(name => known[name]?.length || named[name])
  if (channels.length === 0) return null
  const set = (channel: string, senders: string[]) => {
    const { [channel]: _, ...others } = named
    props.change(senders.length > 0 ? { ...others, [channel]: senders } : others)
  }
  return (
    <fieldset className="flow-part">
      <legend>{say('flow.policy.senders')}</legend>
      <p className="quiet small">{say('flow.policy.sendersAbout')}</p>
      {channels.map(channel => {
        const chosen = named[channel] ?? []
        const free = (known[channel] ?? []).filter(name => !chosen.includes(name))
        const choices = (own: string): [string, string][] => [
          ['', say(own === chosen[0] || chosen.length === 0 ? 'flow.policy.defaultSender' : 'flow.policy.noSender')],
          ...[own, ...free].filter(Boolean).map((name): [string, string] => [name, name]),
        ]
        return [...chosen, ...(chosen.length === 0 || free.length > 0 ? [''] : [])].map((sender, place) => (
          // senders stand in their order
          <ChoiceField
            key={`${channel} ${place}`}
            label={
              place === 0
                ? say('flow.policy.sender', { channel })
                : say('flow.policy.otherSender', { channel, n: place })
            }
            value={sender}
            choices={choices(sender)}
            change={name => set(channel, [...chosen.slice(0, place), name, ...chosen.slice(place + 1)].filter(Boolean))}
          />
        ))
      })}
    </fieldset>
  )
}

/** The channels that the steps of a strategy write over. */
function channelsOf(strategy: Strategy): string[] {
  const found = Object.values(strategy.steps).flatMap(step => {
    if (step.kind === 'message') return [step.channel, ...(step.channels ?? []), ...(step.fallback ?? [])]
    if (step.kind === 'notify' || step.kind === 'webhook') return [step.channel]
    return []
  })
  return [...new Set(found.filter(name => name != null && name !== ''))] as string[]
}
