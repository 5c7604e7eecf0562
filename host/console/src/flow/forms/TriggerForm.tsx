/** What begins a run, and how long it must have been quiet (S01). */
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import type { Fault, Strategy } from '../document'
import { TRIGGERS } from '../triggers'
import { ZoneField } from './DelayForm'
import { Faults } from './Faults'
import { ChoiceField, NumberField, SpanField, TextField, TickField } from './fields'

type Trigger = Schemas['TriggerRule']

export function TriggerForm(props: {
  strategy: Strategy
  faults: Fault[]
  change: (trigger: Trigger, field?: string) => void
}) {
  const { say, word } = useSpeech()
  const { trigger } = props.strategy
  const set = (next: Partial<Trigger>, field?: string) => props.change({ ...trigger, ...next }, field)
  return (
    <div className="stack">
      <Faults of={props.faults} />
      <ChoiceField
        label={say('flow.trigger')}
        value={trigger.on}
        choices={TRIGGERS.map(value => [value, word('trigger', value)])}
        change={on => props.change({ on: on as Trigger['on'], key: trigger.key, next: trigger.next })}
      />
      {trigger.on === 'custom' && (
        <TextField
          label={say('flow.eventType')}
          placeholder="shop.visited"
          value={trigger.event}
          change={event => set({ event }, 'event')}
        />
      )}
      {trigger.on === 'click' && (
        <TextField
          label={say('flow.button')}
          value={trigger.button}
          change={button => set({ button: button || null }, 'button')}
        />
      )}
      {trigger.on === 'date' ? (
        <>
          <TextField
            label={say('flow.attribute')}
            about={say('flow.attributeAbout')}
            value={trigger.attribute}
            change={attribute => set({ attribute }, 'attribute')}
          />
          <NumberField
            label={say('flow.delay.offset')}
            value={trigger.days ?? 0}
            change={days => set({ days: days ?? 0 }, 'days')}
          />
          <TextField
            type="time"
            label={say('flow.delay.at')}
            value={trigger.at ?? '09:00'}
            change={at => set({ at }, 'at')}
          />
          <TickField
            label={say('flow.yearly')}
            value={trigger.yearly ?? false}
            change={yearly => set({ yearly })}
          />
          <ZoneField value={trigger.zone} change={zone => set({ zone }, 'zone')} />
        </>
      ) : (
        <>
          <SpanField
            label={say('flow.settle')}
            about={say('flow.settleAbout')}
            placeholder={{ cart: '4', checkout: '1' }[trigger.on as string]}
            value={trigger.settle}
            change={settle => set({ settle: settle ?? null }, 'settle')}
          />
          <SpanField
            label={say('flow.maxWait')}
            value={trigger.max_wait}
            change={max_wait => set({ max_wait: max_wait ?? null }, 'max_wait')}
          />
        </>
      )}
      <ChoiceField
        label={say('flow.key')}
        value={trigger.key}
        choices={(['customer', 'cart', 'order'] as const).map(value => [value, word('flowRunKey', value)])}
        change={key => set({ key: key as Trigger['key'] })}
      />
    </div>
  )
}
