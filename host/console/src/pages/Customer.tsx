/** One customer: who they are, what they allowed, everything that was decided about them, and why not. */
import { NativeSelect } from '@mantine/core'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { History } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { More, usePages } from '../pieces/lists'
import { useCustomer, useNameOf, useStrategies } from '../pieces/names'
import { Page } from '../pieces/Page'
import { Exchange } from '../pieces/Replies'
import { ConsentState } from '../pieces/states'
import { Tag, type Tone } from '../pieces/Tag'
import { FindingWords } from '../pieces/Told'
import { Facts, instantOf, type Line, Trace, traceOf } from '../pieces/Trace'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

/** Runs whose decisions stand in the timeline at first, and so many more each time. */
const RUNS = 20

export function Customer() {
  const { customer: id } = useParams({ from: '/$shop/customers/$customer' })
  const { say } = useSpeech()
  const nameOf = useNameOf()
  const customer = useCustomer(id)
  return (
    <Page title={customer.data ? nameOf(customer.data) : say('customer.title')} about={customer.data?.email}>
      <Answer of={customer}>
        {known => (
          <div className="split">
            <div className="stack">
              <Written id={known.id} />
              <Timeline customer={known} />
            </div>
            <div className="stack">
              <Profile customer={known} />
              <WhyNot id={known.id} />
            </div>
          </div>
        )}
      </Answer>
    </Page>
  )
}

function Profile({ customer }: { customer: Schemas['Customer'] }) {
  const { say, word, day, moment } = useSpeech()
  const { shop } = useVisit()
  const line = (term: string, value: ReactNode) => (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  )
  const { consent } = customer
  return (
    <Card title={say('customer.profile')}>
      <dl className="terms narrow">
        {line(
          say('customer.consent'),
          <div className="stack tight">
            <div>
              <ConsentState consent={consent} />
            </div>
            {consent && (
              <span className="small">
                {moment(consent.at, shop.time_zone)} · <bdi>{consent.source}</bdi>
              </span>
            )}
          </div>,
        )}
        {customer.email && line(say('customer.email'), <bdi>{customer.email}</bdi>)}
        {customer.phone && line(say('customer.phone'), <bdi>{customer.phone}</bdi>)}
        {Object.entries(customer.handles ?? {}).map(([channel, handle]) => (
          <div key={channel}>
            <dt>{say('customer.wroteAt', { channel })}</dt>
            <dd>{moment(handle.wrote_at, shop.time_zone)}</dd>
          </div>
        ))}
        {customer.language && line(say('customer.language'), <bdi>{customer.language}</bdi>)}
        {customer.time_zone && line(say('customer.zone'), <bdi>{customer.time_zone}</bdi>)}
        {customer.country &&
          line(
            say('customer.country'),
            <bdi>{[customer.city, customer.province ?? customer.country].filter(Boolean).join(', ')}</bdi>,
          )}
        {!!customer.tags?.length && line(say('customer.tags'), <Names names={customer.tags} />)}
        {!!customer.lists?.length && line(say('customer.lists'), <Names names={customer.lists} />)}
        {customer.marks?.map(mark => (
          <div key={`${mark.channel}${mark.value}${mark.mark}`}>
            <dt>
              <Tag tone="warn">{word('mark', mark.mark)}</Tag>
            </dt>
            <dd>
              <bdi>{mark.value}</bdi>
            </dd>
          </div>
        ))}
        {customer.registered_at && line(say('customer.since'), day(customer.registered_at, shop.time_zone))}
      </dl>
    </Card>
  )
}

function Names({ names }: { names: string[] }) {
  return (
    <span className="row">
      {names.map(name => (
        <Tag key={name}>
          <bdi>{name}</bdi>
        </Tag>
      ))}
    </span>
  )
}

/** What they wrote and were answered, newest first; nothing where they wrote nothing. */
function Written({ id }: { id: string }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const replies = useQuery({
    queryKey: ['shop', shop.id, 'replies', 'of', id],
    queryFn: () => take(api.GET('/v1/replies', { params: { query: { customer: id, limit: 10 } } })),
    refetchInterval: 10_000,
  })
  if (!replies.data?.items.length) return null
  return (
    <Card title={say('replies.of')}>
      <ul className="plain stack">
        {replies.data.items.map(reply => (
          <Exchange key={reply.id} reply={reply} linked />
        ))}
      </ul>
    </Card>
  )
}

/** What was decided in every run, and what it was decided on: orders, consent, events that began nothing. */
function Timeline({ customer }: { customer: Schemas['Customer'] }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { id } = customer
  const runs = usePages(['runs', 'of', id], after =>
    take(api.GET('/v1/runs', { params: { query: { customer: id, limit: RUNS, after } } })),
  )
  const known = runs.data?.pages.flatMap(page => page.items) ?? []
  const traces = useQueries({
    queries: known.map(run => ({
      queryKey: ['shop', shop.id, 'trace', run.id],
      queryFn: () => traceOf(run.id),
    })),
  })
  const orders = useQuery({
    queryKey: ['shop', shop.id, 'orders', id],
    queryFn: () => take(api.GET('/v1/customers/{customer}/orders', { params: { path: { customer: id } } })),
    refetchInterval: 10_000,
  })
  const ofRuns: Line[] = traces.flatMap((trace, place) =>
    (trace.data?.items ?? []).map(entry => ({ entry, strategy: known[place]?.strategy })),
  )
  const remarks = useRemarks()(customer, orders.data?.items ?? [])
  // of one instant, what came later stands above
  const newest = [...remarks, ...ofRuns].reverse().sort((a, b) => instantOf(b) - instantOf(a))
  const failed = traces.find(trace => trace.error)?.error ?? orders.error
  return (
    <Card title={say('customer.timeline')}>
      {failed && <Trouble error={failed} />}
      <Answer of={runs}>
        {() =>
          newest.length === 0 ? (
            <Empty icon={History}>{say('customer.noRuns')}</Empty>
          ) : (
            <Trace lines={newest} />
          )
        }
      </Answer>
      <More of={runs} />
    </Card>
  )
}

/** What happened to a customer outside of any run, in sentences. */
function useRemarks() {
  const { say, word, money } = useSpeech()
  return (customer: Schemas['Customer'], orders: Schemas['Order'][]): Line[] => {
    const said = ({ at, state, source }: Schemas['Consent'], topic?: string): Line => {
      const words = { answer: word('consent', state), source }
      const tone = state === 'unsubscribed' ? 'bad' : 'good'
      const sentence = topic ? say('timeline.topic', { topic, ...words }) : say('timeline.consent', words)
      return { remark: { at, words: sentence, tone } }
    }
    const ordered = ({ placed_at, order_id, state, total }: Schemas['Order']): Line => {
      const sum = total ? money(total.amount, total.currency) : '–'
      const words = { order: order_id, state: word('orderState', state), total: sum }
      return { remark: { at: placed_at, words: say('timeline.order', words), tone: 'plain' } }
    }
    return [
      ...(customer.consent ? [said(customer.consent)] : []),
      ...Object.entries(customer.topics ?? {}).map(([topic, consent]) => said(consent, topic)),
      ...orders.map(ordered),
      ...Object.entries(customer.turned_away ?? {}).map(([strategy, { at, event, reason }]): Line => {
        const words = say('timeline.turnedAway', { event, reason: word('turnedAway', reason) })
        return { remark: { at, words, tone: 'warn' }, strategy }
      }),
    ]
  }
}

const VERDICTS: Record<Schemas['Verdict'], Tone> = {
  sent: 'good',
  waiting: 'plain',
  not_sent: 'warn',
  never_began: 'warn',
}

/** Why did, or didn't, this customer get something of a strategy? */
function WhyNot({ id }: { id: string }) {
  const { say, word } = useSpeech()
  const { shop } = useVisit()
  const strategies = useStrategies()
  const [chosen, choose] = useState('')
  const strategy = chosen || strategies.data?.items[0]?.id || ''
  const why = useQuery({
    queryKey: ['shop', shop.id, 'why', id, strategy],
    queryFn: () =>
      take(
        api.GET('/v1/customers/{customer}/why', { params: { path: { customer: id }, query: { strategy } } }),
      ),
    enabled: strategy !== '',
  })
  const checkOf = (check: string) =>
    check.startsWith('steps.')
      ? say('check.step', { name: check.slice('steps.'.length) })
      : word('check', check)
  if (!strategies.data?.items.length) return null
  return (
    <Card title={say('why.title')}>
      <div className="stack">
        <NativeSelect
          label={say('why.strategy')}
          value={strategy}
          onChange={event => choose(event.currentTarget.value)}
          data={strategies.data.items.map(one => ({ value: one.id, label: one.name }))}
        />
        <Answer of={why}>
          {({ verdict, findings }) => (
            <>
              <div>
                <Tag tone={VERDICTS[verdict]}>{word('verdict', verdict)}</Tag>
              </div>
              <ul className="plain stack">
                {findings.map((finding, place) => (
                  // findings stand in the order of the checks
                  <li key={place}>
                    <div className="row">
                      <Tag tone={finding.passes === false ? 'warn' : finding.passes ? 'good' : 'plain'}>
                        {checkOf(finding.check)}
                      </Tag>
                      <FindingWords finding={finding} />
                    </div>
                    <Facts facts={finding.facts} />
                  </li>
                ))}
              </ul>
            </>
          )}
        </Answer>
      </div>
    </Card>
  )
}
