/** A message: over which channels, all at once or one after the other, and what it says (S19). */
import { useSpeech } from '../../words'
import type { StepOf } from '../document'
import { ChoiceField, NumberField, Part, SpanField, TickField } from './fields'
import { PluginForm } from './PluginForm'
import type { FormOf } from './StepForm'
import { refOf, useHoldings } from './shop'

type Message = StepOf<'message'>
type Way = 'one' | 'all' | 'chain'

const slotsOf = (step: Message) =>
  step.fallback?.length ? step.fallback : [step.channel, ...(step.channels ?? [])].filter(one => one != null)

/** The same channels, used in another way. */
function spread(step: Message, way: Way, slots: string[]): Message {
  const { channel: _, channels: __, fallback: ___, no_receipt_within, ...rest } = step
  if (way === 'chain') return { ...rest, fallback: slots, ...(no_receipt_within && { no_receipt_within }) }
  if (way === 'all') return { ...rest, channels: slots }
  return { ...rest, channel: slots[0] ?? '' }
}

export function MessageForm({ step, change }: FormOf<Message>) {
  const { say, word } = useSpeech()
  const holdings = useHoldings()
  const slots = slotsOf(step)
  const way: Way = step.fallback?.length ? 'chain' : step.channels?.length ? 'all' : 'one'
  const free = holdings.channels.filter(name => !slots.includes(name))
  const contents = holdings.contents
    .filter(content => content.purpose !== 'staff')
    .map(({ name }): [string, string] => [name, name])
  const channels = (beside: string): [string, string][] => [beside, ...free].filter(Boolean).map(name => [name, name])
  const used = (place: number) =>
    way === 'one'
      ? say('flow.message.channel')
      : say('flow.message.channelNumber', { n: place + 1 })
  return (
    <>
      {slots.map((slot, place) => (
        // channels stand in their order
        <ChoiceField
          key={place}
          label={used(place)}
          value={slot}
          choices={way === 'one' || place === 0 ? channels(slot) : [...channels(slot), ['', say('flow.message.none')]]}
          change={name => {
            const next = slots.map((one, at) => (at === place ? name : one)).filter(Boolean)
            change(spread(step, next.length > 1 ? way : 'one', next))
          }}
        />
      ))}
      {free.length > 0 && (
        <ChoiceField
          label={say('flow.message.another')}
          value=""
          choices={[['', '–'], ...free.map((name): [string, string] => [name, name])]}
          change={name => name && change(spread(step, way === 'one' ? 'chain' : way, [...slots, name]))}
        />
      )}
      {slots.length > 1 && (
        <ChoiceField
          label={say('flow.message.how')}
          value={way}
          choices={(['chain', 'all'] as const).map(value => [value, word('flowSpread', value)])}
          change={value => change(spread(step, value as Way, slots))}
        />
      )}
      {way === 'chain' && (
        <SpanField
          label={say('flow.message.noReceipt')}
          about={say('flow.message.noReceiptAbout')}
          value={step.no_receipt_within}
          change={span => change({ ...step, no_receipt_within: span ?? null }, 'no_receipt_within')}
        />
      )}
      {holdings.selectors.length > 0 && (
        <TickField
          label={say('flow.message.select')}
          value={step.select != null}
          change={chosen => {
            const plugin = holdings.selectors[0]
            const { content, select, ...rest } = step
            change(
              chosen && plugin
                ? { ...rest, select: { plugin: refOf(plugin), candidates: content ? [content] : [] } }
                : { ...rest, content: select?.candidates[0] ?? holdings.contents[0]?.name ?? '' },
            )
          }}
        />
      )}
      {step.select ? (
        <Selection step={step} change={change} contents={contents} />
      ) : (
        <ChoiceField
          label={say('flow.message.content')}
          value={step.content ?? ''}
          choices={contents}
          change={content => change({ ...step, content })}
        />
      )}
      <NumberField
        label={say('flow.holdOut')}
        about={say('flow.message.holdOutAbout')}
        min={0}
        max={100}
        value={step.hold_out}
        change={hold_out => change({ ...step, hold_out: hold_out ?? null }, 'hold_out')}
      />
      <TickField
        label={say('flow.message.capped')}
        value={step.capped != null}
        change={ticked => change({ ...step, capped: ticked ? '' : null })}
      />
    </>
  )
}

/** A plugin chooses among contents (S14). */
function Selection(props: {
  step: Message
  contents: [string, string][]
  change: (step: Message, field?: string) => void
}) {
  const { say } = useSpeech()
  const { step, contents } = props
  const { selectors } = useHoldings()
  const select = step.select
  if (!select) return null
  const plugin = selectors.find(one => refOf(one) === select.plugin)
  const set = (next: Partial<typeof select>, field?: string) =>
    props.change({ ...step, select: { ...select, ...next } }, field)
  return (
    <Part title={say('flow.message.select')}>
      <ChoiceField
        label={say('flow.plugin')}
        value={select.plugin}
        choices={selectors.map(one => [refOf(one), one.descriptor.title])}
        change={plugin => set({ plugin, config: undefined })}
      />
      <fieldset className="stack tight flow-plain">
        <legend>{say('flow.message.candidates')}</legend>
        {contents.map(([name]) => (
          <TickField
            key={name}
            label={name}
            value={select.candidates.includes(name)}
            change={ticked =>
              set({
                candidates: ticked
                  ? [...select.candidates, name]
                  : select.candidates.filter(one => one !== name),
              })
            }
          />
        ))}
      </fieldset>
      <ChoiceField
        label={say('flow.message.default')}
        value={select.default ?? ''}
        choices={[['', '–'], ...contents.filter(([name]) => select.candidates.includes(name))]}
        change={name => set({ default: name || null })}
      />
      {plugin && (
        <PluginForm
          plugin={plugin}
          value={select.config}
          change={config => set({ config }, 'config')}
        />
      )}
    </Part>
  )
}
