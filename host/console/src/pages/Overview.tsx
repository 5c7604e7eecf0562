/** What a shop looks like today: what went out in thirty days, which strategies are at work, what arrived last. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Inbox, Workflow } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Alerts } from '../pieces/Alerts'
import { Answer, Empty } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { Tour } from '../pieces/Tour'
import { StrategyState } from '../pieces/states'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Overview() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  return (
    <Page title={shop.name} about={say('overview.about', { zone: shop.time_zone })}>
      <Alerts />
      <Tour />
      <Figures />
      <div className="split">
        <Latest />
        <Strategies />
      </div>
    </Page>
  )
}

function Figures() {
  const { say, number, share } = useSpeech()
  const { shop } = useVisit()
  const report = useQuery({
    queryKey: ['shop', shop.id, 'report', 'total'],
    queryFn: () => take(api.GET('/v1/reports/messages')),
    refetchInterval: 10_000,
  })
  const figure = (
    word: Parameters<typeof say>[0],
    count: number | null | undefined,
    part?: number | null,
    of?: string,
  ) => (
    <div className="card">
      <div className="quiet small">{say(word)}</div>
      <div className="figure">{count == null ? '–' : number(count)}</div>
      <div className="quiet small">{part == null ? ' ' : `${share(part)} ${of ?? ''}`}</div>
    </div>
  )
  return (
    <section aria-label={say('overview.figures')}>
      <Answer of={report}>
        {({ total }) => (
          <div className="figures">
            {figure('figure.considered', total.considered)}
            {figure('figure.accepted', total.accepted, total.accepted_share, say('figure.ofTargeted'))}
            {figure('figure.delivered', total.delivered, total.delivered_share, say('figure.ofAccepted'))}
            {figure('figure.read', total.read, total.read_share, say('figure.ofDelivered'))}
          </div>
        )}
      </Answer>
    </section>
  )
}

function Latest() {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const inbox = useQuery({
    queryKey: ['shop', shop.id, 'inbox', 'latest'],
    queryFn: () => take(api.GET('/v1/inbox', { params: { query: { limit: 4 } } })),
    refetchInterval: 10_000,
  })
  return (
    <Card title={say('overview.latest')}>
      <Answer of={inbox}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={Inbox}>{say('overview.noneArrived')}</Empty>
          ) : (
            <ul className="plain stack">
              {items.map(entry => (
                <li key={entry.message}>
                  <div className="row small quiet">
                    <time dateTime={String(entry.at)}>{moment(entry.at, shop.time_zone)}</time>
                    <Link to="/$shop/messages/$message" params={{ shop: shop.id, message: entry.message }}>
                      {say('inbox.why')}
                    </Link>
                  </div>
                  <p className="bubble" dir="auto">
                    {textOf(entry)}
                  </p>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  )
}

/** What a message of the local inbox says. */
function textOf(entry: Schemas['InboxView']): string {
  const { document } = entry as { document: { text?: unknown } }
  return typeof document?.text === 'string' ? document.text : JSON.stringify(entry.document)
}

function Strategies() {
  const { say, word } = useSpeech()
  const { shop } = useVisit()
  const strategies = useQuery({
    queryKey: ['shop', shop.id, 'strategies', 'first'],
    queryFn: () => take(api.GET('/v1/strategies', { params: { query: { limit: 8 } } })),
  })
  return (
    <Card title={say('overview.strategies')}>
      <Answer of={strategies}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={Workflow}>{say('overview.noStrategies')}</Empty>
          ) : (
            <ul className="plain lines">
              {items.map(one => (
                <li key={one.id}>
                  <div className="grow">
                    <div>
                      <bdi>{one.name}</bdi>
                    </div>
                    <div className="quiet small">{word('trigger', one.trigger)}</div>
                  </div>
                  <StrategyState state={one.state} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Card>
  )
}
