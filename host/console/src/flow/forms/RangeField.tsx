/** When something counted happened, or what a moment is in (S37). */
import { NativeSelect, TextInput } from '@mantine/core'
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import { SpanField } from './fields'

type Range = Schemas['Range']
type Sort = 'ever' | 'within_days' | 'more_than_days_ago' | 'days_ago' | 'within' | 'between' | 'since'
const SORTS: Sort[] = ['within_days', 'more_than_days_ago', 'days_ago', 'within', 'between', 'since']

function fresh(sort: Sort): Range | undefined {
  switch (sort) {
    case 'ever':
      return undefined
    case 'within_days':
      return { within_days: 7 }
    case 'more_than_days_ago':
      return { more_than_days_ago: 90 }
    case 'days_ago':
      return { days_ago: { from: 0, to: 1 } }
    case 'within':
      return { within: '24h' }
    case 'between':
      return { between: { from: '2026-01-01', to: '2026-12-31' } }
    case 'since':
      return { since: 'run_start' }
  }
}

export function RangeField(props: {
  range: Range | null | undefined
  required: boolean
  change: (range: Range | undefined) => void
}) {
  const { say, word } = useSpeech()
  const { range, change } = props
  const sort = (range ? Object.keys(range)[0] : 'ever') as Sort
  const sorts: Sort[] = props.required ? SORTS : ['ever', ...SORTS]
  return (
    <div className="flow-rule-line">
      <NativeSelect
        size="xs"
        aria-label={say('flow.rule.when')}
        value={sort}
        data={sorts.map(value => ({ value, label: word('flowRange', value) }))}
        onChange={event => change(fresh(event.currentTarget.value as Sort))}
      />
      {range && <Ends range={range} change={change} />}
    </div>
  )
}

function Ends({ range, change }: { range: Range; change: (range: Range) => void }) {
  const { say, word } = useSpeech()
  const days = (label: string, value: number, tell: (days: number) => void) => (
    <TextInput
      size="xs"
      type="number"
      min={0}
      aria-label={label}
      value={value}
      onChange={event => tell(Number(event.currentTarget.value))}
    />
  )
  const day = (label: string, value: string, tell: (day: string) => void) => (
    <TextInput
      size="xs"
      type="date"
      aria-label={label}
      value={value}
      onChange={event => tell(event.currentTarget.value)}
    />
  )
  const [from, to] = [say('flow.from'), say('flow.to')]
  if ('within_days' in range)
    return days(say('flow.days'), range.within_days, within_days => change({ within_days }))
  if ('more_than_days_ago' in range)
    return days(say('flow.days'), range.more_than_days_ago, more_than_days_ago => change({ more_than_days_ago }))
  if ('days_ago' in range) {
    const { days_ago } = range
    return (
      <>
        {days(from, days_ago.from, from => change({ days_ago: { ...days_ago, from } }))}
        {days(to, days_ago.to, to => change({ days_ago: { ...days_ago, to } }))}
      </>
    )
  }
  if ('within' in range)
    return (
      <SpanField
        label={say('flow.rule.past')}
        required
        value={range.within}
        change={within => change({ within: within ?? '0s' })}
      />
    )
  if ('between' in range) {
    const { between } = range
    return (
      <>
        {day(from, between.from, from => change({ between: { ...between, from } }))}
        {day(to, between.to, to => change({ between: { ...between, to } }))}
      </>
    )
  }
  return (
    <NativeSelect
      size="xs"
      aria-label={say('flow.rule.since')}
      value={range.since}
      data={['run_start', 'last_message'].map(value => ({ value, label: word('flowSince', value) }))}
      onChange={event => change({ since: event.currentTarget.value as Schemas['Anchor'] })}
    />
  )
}
