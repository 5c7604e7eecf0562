/** A delay: so long, or until a local time (S05). */
import { Checkbox } from '@mantine/core'
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import type { StepOf } from '../document'
import { ChoiceField, NumberField, SpanField, TextField, TickField } from './fields'
import type { FormOf } from './StepForm'

type Delay = StepOf<'delay'>
type Until = Schemas['Until']
type Day = Schemas['Opening']['days'] extends (infer D)[] | undefined ? D : never
type Sort = 'for' | 'newest_trigger' | 'days_later' | 'cut_off' | 'weekday' | 'attribute'

const SORTS: Sort[] = ['for', 'newest_trigger', 'days_later', 'cut_off', 'weekday', 'attribute']
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as Day[]

function sortOf(step: Delay): Sort {
  if (step.until) return Object.keys(step.until)[0] as Sort
  return step.from === 'newest_trigger' ? 'newest_trigger' : 'for'
}

/** The same step with another sort of delay; what does not belong to it is gone. */
function resort(step: Delay, sort: Sort): Delay {
  const { next } = step
  const untils: Partial<Record<Sort, Until>> = {
    days_later: { days_later: { days: 1, at: '09:00' } },
    cut_off: { cut_off: { after: '23:59', at: '08:00' } },
    weekday: { weekday: { days: ['mon'], at: '09:00' } },
    attribute: { attribute: { name: '', at: '09:00', otherwise: '' } },
  }
  const until = untils[sort]
  if (until) return { kind: 'delay', until, ...(step.zone && { zone: step.zone }), next }
  const from = sort === 'newest_trigger' ? { from: 'newest_trigger' as const } : {}
  return { kind: 'delay', for: step.for ?? '1d', ...from, next }
}

export function DelayForm({ step, change }: FormOf<Delay>) {
  const { say, word } = useSpeech()
  const sort = sortOf(step)
  const until = (until: Until, field?: string) => change({ ...step, until }, field)
  return (
    <>
      <ChoiceField
        label={say('flow.delay.sort')}
        value={sort}
        choices={SORTS.map(value => [value, word('flowDelay', value)])}
        change={value => change(resort(step, value as Sort))}
      />
      {step.until ? (
        <Ends until={step.until} change={until} />
      ) : (
        <SpanField
          label={say('flow.delay.long')}
          required
          value={step.for}
          change={span => change({ ...step, for: span ?? '0s' }, 'for')}
        />
      )}
      {step.until && (
        <ZoneField value={step.zone} change={zone => change({ ...step, zone }, 'zone')} />
      )}
    </>
  )
}

export function ZoneField(props: { value: string | undefined; change: (zone: string) => void }) {
  const { say } = useSpeech()
  const zone = props.value ?? 'customer'
  return (
    <ChoiceField
      label={say('flow.zone')}
      value={zone}
      choices={[
        ['customer', say('flow.zoneCustomer')],
        ['shop', say('flow.zoneShop')],
        ...Intl.supportedValuesOf('timeZone').map((name): [string, string] => [name, name]),
      ]}
      change={props.change}
    />
  )
}

function Ends({ until, change }: { until: Until; change: (until: Until, field?: string) => void }) {
  const { say } = useSpeech()
  const time = (value: string | null | undefined, tell: (at: string) => void, label = say('flow.delay.at')) => (
    <TextField type="time" label={label} value={value} change={tell} />
  )
  if ('days_later' in until) {
    const { days_later } = until
    return (
      <>
        <NumberField
          label={say('flow.delay.days')}
          min={0}
          value={days_later.days}
          change={days => change({ days_later: { ...days_later, days: days ?? 0 } }, 'days')}
        />
        {time(days_later.at, at => change({ days_later: { ...days_later, at } }, 'at'))}
      </>
    )
  }
  if ('cut_off' in until) {
    const { cut_off } = until
    return (
      <>
        {time(cut_off.after, after => change({ cut_off: { ...cut_off, after } }, 'after'), say('flow.delay.cutOff'))}
        {time(cut_off.at, at => change({ cut_off: { ...cut_off, at } }, 'at'))}
      </>
    )
  }
  if ('weekday' in until) {
    const { weekday } = until
    return (
      <>
        <DaysField value={weekday.days} change={days => change({ weekday: { ...weekday, days } })} />
        {time(weekday.at, at => change({ weekday: { ...weekday, at: at || null } }, 'at'))}
      </>
    )
  }
  const { attribute } = until
  return (
    <>
      <TextField
        label={say('flow.attribute')}
        about={say('flow.attributeAbout')}
        value={attribute.name}
        change={name => change({ attribute: { ...attribute, name } }, 'name')}
      />
      <NumberField
        label={say('flow.delay.offset')}
        value={attribute.offset_days ?? 0}
        change={days => change({ attribute: { ...attribute, offset_days: days ?? 0 } }, 'offset')}
      />
      {time(attribute.at, at => change({ attribute: { ...attribute, at } }, 'at'))}
      <TickField
        label={say('flow.yearly')}
        value={attribute.yearly ?? false}
        change={yearly => change({ attribute: { ...attribute, yearly } })}
      />
    </>
  )
}

export function DaysField(props: { value: Day[]; change: (days: Day[]) => void }) {
  const { say, word } = useSpeech()
  return (
    <Checkbox.Group
      label={say('flow.delay.weekdays')}
      value={props.value}
      onChange={days => props.change(DAYS.filter(day => days.includes(day)))}
    >
      <div className="flow-days">
        {DAYS.map(day => (
          <Checkbox key={day} value={day} label={word('flowDay', day)} size="xs" />
        ))}
      </div>
    </Checkbox.Group>
  )
}
