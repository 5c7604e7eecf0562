/** What came in, authentic, and was not understood: the reason, and the request as it came. */
import { CircleCheck } from 'lucide-react'
import { api, take } from '../api/client'
import { Empty, Trouble } from '../pieces/Answer'
import { More, usePages } from '../pieces/lists'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Raw = {
  method?: string
  path?: string
  headers?: [string, string][]
  body?: { text?: string; base64?: string }
}

export function Deliveries({ connection }: { connection: string }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const found = usePages(['asides', connection], after =>
    take(api.GET('/v1/asides', { params: { query: { connection, after, limit: 20 } } })),
  )
  const items = found.data?.pages.flatMap(page => page.items) ?? []
  if (found.error) return <Trouble error={found.error} />
  if (!found.data) return <div className="waiting" role="status" aria-label={say('answer.loading')} />
  if (items.length === 0) return <Empty icon={CircleCheck}>{say('connections.noDeliveries')}</Empty>
  return (
    <div className="stack">
      <p className="quiet small">{say('connections.deliveriesAbout')}</p>
      <ul className="plain records">
        {items.map((one, place) => (
          // the newest come before, and nothing between
          <li key={`${one.received_at} ${items.length - place}`} className="stack tight">
            <div className="row small quiet">
              <time>{moment(one.received_at, shop.time_zone)}</time>
            </div>
            <p>
              <bdi lang="en">{one.reason}</bdi>
            </p>
            <details>
              <summary>{say('connections.raw')}</summary>
              <pre className="raw code small sunk" dir="ltr">
                {written(one.raw as Raw)}
              </pre>
            </details>
          </li>
        ))}
      </ul>
      <More of={found} />
    </div>
  )
}

/** As it went over the line, with its JSON laid out. */
function written({ method, path, headers, body }: Raw): string {
  const lines = (headers ?? []).map(([name, value]) => `${name}: ${value}`)
  return [`${method ?? ''} ${path || '/'}`, ...lines, '', laidOut(body?.text) ?? body?.base64 ?? ''].join('\n')
}

function laidOut(text: string | undefined): string | undefined {
  try {
    return text && JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
