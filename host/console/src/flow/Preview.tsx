/** What would happen to one customer: the engine plays the strategy as it is on the screen, saved or not. */
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, Refusal, type Schemas, take } from '../api/client'
import { Trouble, Waiting } from '../pieces/Answer'
import { CustomerChoice } from '../pieces/CustomerChoice'
import { RunPosition } from '../pieces/states'
import { Tag } from '../pieces/Tag'
import { FindingWords } from '../pieces/Told'
import { Facts, Trace } from '../pieces/Trace'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import type { Fault, Strategy } from './document'
import { Faults } from './forms/Faults'
import { ChoiceField, SpanField, TextField } from './forms/fields'
import { instantOf, localOf } from '../pieces/moment'

const play = (body: Schemas['PreviewRequest']) => take(api.POST('/v1/strategies/preview', { body }))
type Report = Awaited<ReturnType<typeof play>>
type Entry = Report['runs'][number]['trace'][number]

/** When a run came to each step, by what it left in its trace. An exit leaves nothing there but the end of the run. */
export function wayThrough(
  trace: Entry[],
  tell: (at: Entry['at']) => string,
  steps: Strategy['steps'] = {},
): Map<string, string> {
  const seen = new Map<string, string>()
  let exit: string | undefined
  for (const entry of trace) {
    if (entry.step && !seen.has(entry.step)) seen.set(entry.step, tell(entry.at))
    const step = entry.step ? steps[entry.step] : undefined
    if (step && 'next' in step) exit = step.next
    if (step?.kind === 'condition' && entry.what === 'branched') exit = step.branches?.[entry.branch]
    if (entry.what === 'ended' && exit && steps[exit]?.kind === 'exit') seen.set(exit, tell(entry.at))
  }
  return seen
}

export function Preview(props: {
  strategy: Strategy
  /** The moment that the shop's clock shows. */
  now: string
  choose: (fault: Fault) => void
  light: (way: Map<string, string> | undefined) => void
}) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const [customer, choose] = useState('')
  const [at, set] = useState(() => localOf(props.now, shop.time_zone))
  const [orderAfter, order] = useState<string | undefined>()
  const [place, look] = useState(0)
  const { light } = props
  // Whoever types is not played at each letter.
  const [wanted] = useDebouncedValue({ strategy: props.strategy, customer, orderAfter, at }, 400)
  const preview = useQuery({
    queryKey: ['shop', shop.id, 'flow', 'preview', wanted],
    queryFn: () =>
      play({
        strategy: wanted.strategy,
        customer: wanted.customer || null,
        order_after: wanted.orderAfter ?? null,
        at: wanted.at ? instantOf(wanted.at, shop.time_zone) : null,
      }),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  })
  const { error } = preview
  const data = error ? undefined : preview.data
  const run = data?.runs[place] ?? data?.runs[0]
  const { steps } = wanted.strategy
  useEffect(() => {
    light(run && wayThrough(run.trace, at => moment(at, shop.time_zone), steps))
  }, [run, steps, light, moment, shop.time_zone])
  const faults: Fault[] =
    error instanceof Refusal
      ? error.errors.map(({ field, ...said }) => ({ path: field, ...said, severity: 'error' }))
      : []
  return (
    <div className="stack">
      <p className="quiet small">{say('flow.preview.about')}</p>
      <CustomerChoice
        label={say('run.customer')}
        nobody={say('flow.preview.sample')}
        value={customer}
        choose={choose}
      />
      <TextField
        type="datetime-local"
        label={say('flow.preview.at')}
        about={say('flow.preview.zone', { zone: shop.time_zone })}
        value={at}
        change={set}
      />
      <SpanField label={say('flow.preview.order')} value={orderAfter} change={order} />
      {preview.isPending && <Waiting />}
      {error && (faults.length > 0 ? <Faults of={faults} choose={props.choose} /> : <Trouble error={error} />)}
      {data && !run && (
        <div className="stack tight" role="status">
          <Tag tone="warn">{say('flow.preview.nobody')}</Tag>
          {data.why?.findings.map((finding, place) => (
            // findings stand in the order of the checks
            <div key={place}>
              <FindingWords finding={finding} />
              <Facts facts={finding.facts} />
            </div>
          ))}
        </div>
      )}
      {data && data.runs.length > 1 && (
        <ChoiceField
          label={say('flow.preview.run')}
          value={String(place)}
          choices={data.runs.map((one, at): [string, string] => [
            String(at),
            moment(one.run.started_at, shop.time_zone),
          ])}
          change={value => look(Number(value))}
        />
      )}
      {run && (
        <div className="stack" role="status">
          <div className="row">
            <RunPosition position={run.run.position} />
            <span className="quiet small">
              {say('flow.preview.messages', { n: run.messages.filter(one => one.state === 'accepted').length })}
            </span>
          </div>
          {run.messages.map(one => (
            <Said key={one.id} message={one} state={word('messageState', one.state)} />
          ))}
          <Trace lines={run.trace.map(entry => ({ entry }))} madeUp />
        </div>
      )}
    </div>
  )
}

/** What a message would say. */
function Said({ message, state }: { message: Schemas['MessageView']; state: string }) {
  const { moment } = useSpeech()
  const { shop } = useVisit()
  const rendered = message.rendered as { text?: string; subject?: string } | undefined
  const text = rendered?.text ?? rendered?.subject
  return (
    <div>
      <div className="row small quiet">
        <span className="code">{message.step}</span>
        <span>{message.channel}</span>
        <span>{moment(message.handed_over_at ?? message.changed_at, shop.time_zone)}</span>
        <span>{state}</span>
      </div>
      {text && (
        <div className="bubble" dir="auto">
          {text}
        </div>
      )}
    </div>
  )
}
