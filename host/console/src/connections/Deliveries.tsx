/** What came in, authentic, and was not understood: the reason, the request as it came, and another try. */
import { Button } from '@mantine/core'
import { CircleCheck, RotateCcw } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Empty, Trouble } from '../pieces/Answer'
import { More, usePages } from '../pieces/lists'
import { useDoing } from '../plugins/plugin'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Raw = {
  method?: string
  path?: string
  headers?: string[][]
  body?: { text?: string } | { base64?: string }
}

export function Deliveries({ connection }: { connection: string }) {
  const { say } = useSpeech()
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
        {items.map(one => (
          <Delivery key={one.id} of={one} />
        ))}
      </ul>
      <More of={found} />
    </div>
  )
}

function Delivery({ of }: { of: Schemas['AsideView'] }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const tried = useDoing(() =>
    take(api.POST('/v1/asides/{aside}/take-in', { params: { path: { aside: of.id } } })),
  )
  return (
    <li className="stack tight">
      <div className="row small quiet">
        <time>{moment(of.received_at, shop.time_zone)}</time>
        {of.taken_at && <span>{say('connections.takenIn', { at: moment(of.taken_at, shop.time_zone) })}</span>}
      </div>
      <p>
        <bdi lang="en">{of.reason}</bdi>
      </p>
      {!of.taken_at && may(shop, 'integrate') && (
        <div className="row">
          <Button
            size="xs"
            variant="default"
            leftSection={<RotateCcw size={14} aria-hidden />}
            loading={tried.isPending}
            onClick={() => tried.mutate()}
          >
            {say('connections.takeIn')}
          </Button>
          <span className="quiet small" role="status">
            {tried.data && !tried.data.taken_at && say('connections.notTakenIn')}
          </span>
        </div>
      )}
      {tried.error && <Trouble error={tried.error} />}
      <details>
        <summary>{say('connections.raw')}</summary>
        <pre className="raw code small sunk" dir="ltr">
          {written(of.raw as Raw)}
        </pre>
      </details>
    </li>
  )
}

/** As it went over the line, with its JSON laid out. */
export function written({ method, path, headers, body = {} }: Raw): string {
  const lines = (headers ?? []).map(([name, value]) => `${name}: ${value}`)
  const text = 'base64' in body ? body.base64 : laidOut('text' in body ? body.text : undefined)
  return [`${method ?? ''} ${path || '/'}`, ...lines, '', text ?? ''].join('\n')
}

function laidOut(text: string | undefined): string | undefined {
  try {
    return text && JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
