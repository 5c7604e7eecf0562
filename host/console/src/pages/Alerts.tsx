/** What only people can put right: what stands, what is over, who was told, and who is told of the next. */
import { CircleCheck } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Standing } from '../pieces/Alerts'
import { Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { More, usePages } from '../pieces/lists'
import { Page } from '../pieces/Page'
import { HeldWords } from '../pieces/Told'
import { Targets } from '../shell/Targets'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'

type One = Schemas['AlertView']

export function Alerts() {
  const { say } = useSpeech()
  return (
    <Page title={say('nav.alerts')} about={say('alerts.about')}>
      <Card title={say('alerts.what')}>
        <All />
      </Card>
      <Card title={say('alerts.targets')}>
        <Targets of="alerts" />
      </Card>
    </Page>
  )
}

function All() {
  const { say } = useSpeech()
  const found = usePages(['alerts', 'all'], after =>
    take(api.GET('/v1/alerts', { params: { query: { after, limit: 20 } } })),
  )
  if (found.error) return <Trouble error={found.error} />
  if (!found.data) return <div className="waiting" role="status" aria-label={say('answer.loading')} />
  const items = found.data.pages.flatMap(page => page.items)
  if (items.length === 0) return <Empty icon={CircleCheck}>{say('alerts.none')}</Empty>
  const over = items.filter(one => one.closed_at)
  return (
    <div className="stack">
      {items
        .filter(one => !one.closed_at)
        .map(one => (
          <Standing key={one.id} alert={one}>
            <Notices of={one} />
          </Standing>
        ))}
      {over.length > 0 && (
        <ul className="plain records">
          {over.map(one => (
            <Over key={one.id} alert={one} />
          ))}
        </ul>
      )}
      <More of={found} />
    </div>
  )
}

function Over({ alert }: { alert: One }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  return (
    <li className="stack tight">
      <p>{say(`alert.${alert.cause}` as Key, { about: alert.about })}</p>
      <p className="quiet small">
        {say('alerts.over', {
          from: moment(alert.opened_at, shop.time_zone),
          until: moment(alert.closed_at ?? alert.opened_at, shop.time_zone),
        })}
      </p>
      <p className="quiet small">
        <HeldWords of={alert} />
      </p>
      <Notices of={alert} />
    </li>
  )
}

/** Who was told of it, and what became of that. */
function Notices({ of }: { of: One }) {
  const { say, word } = useSpeech()
  if (of.notices.length === 0) return null
  return (
    <details className="small">
      <summary>{say('alerts.notices', { n: of.notices.length })}</summary>
      <ul>
        {of.notices.map(one => (
          <li key={`${one.kind} ${one.target.channel} ${one.target.to}`}>
            {word('noticeKind', one.kind)} · <bdi>{one.target.to}</bdi> (<bdi>{one.target.channel}</bdi>):{' '}
            {word('notice', one.state)}
            {one.last_answer && (
              <>
                {' '}
                <bdi lang="en">{one.last_answer.text}</bdi>
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  )
}
