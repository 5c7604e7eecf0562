/** What came in lately, whatever became of it; each can be looked at as it came. */
import { Button, Modal } from '@mantine/core'
import { Inbox } from 'lucide-react'
import { useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Pages, usePages } from '../pieces/lists'
import { Tag, type Tone } from '../pieces/Tag'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import type { Connection, Kind } from './connection'
import { written } from './Deliveries'

type Request = Omit<Schemas['RawRequest'], 'headers'> & { headers: string[][] }
type Delivery = Omit<Schemas['DeliveryView'], 'request'> & { request: Request }

const TONES: Record<Delivery['outcome'], Tone> = {
  accepted: 'good',
  already_known: 'plain',
  handshake: 'plain',
  put_aside: 'warn',
  refused: 'bad',
  unverified: 'warn',
}

export function RecentDeliveries({ kind, connection }: { kind: Kind; connection: Connection }) {
  const { say, word, moment, number } = useSpeech()
  const { shop } = useVisit()
  const [shown, show] = useState<Delivery>()
  const { name } = connection
  const found = usePages(['deliveries', kind, name], after =>
    take(api.GET(`/v1/${kind}/{name}/deliveries`, { params: { path: { name }, query: { after, limit: 20 } } })),
  )
  const at = (one: Delivery) => moment(one.received_at, shop.time_zone)
  return (
    <div className="stack">
      <p className="quiet small">{say('deliveries.about')}</p>
      <div>
        <Pages
          of={found}
          icon={Inbox}
          empty="deliveries.none"
          idOf={one => one.id}
          columns={[
            ['deliveries.at', one => <time className="nowrap">{at(one)}</time>],
            [
              'deliveries.outcome',
              one => <Tag tone={TONES[one.outcome]}>{word('deliveryOutcome', one.outcome)}</Tag>,
            ],
            [
              'deliveries.request',
              one => (
                <bdi className="code small" dir="ltr">
                  {one.request.method} {beginning(one.request.path)}
                </bdi>
              ),
            ],
            ['deliveries.status', one => <span className="nowrap">{one.status}</span>],
            [
              'deliveries.raw',
              one => (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={say('deliveries.showOf', { at: at(one) })}
                  onClick={() => show(one)}
                >
                  {say('deliveries.show')}
                </Button>
              ),
            ],
          ]}
        />
      </div>
      <Modal
        opened={shown !== undefined}
        onClose={() => show(undefined)}
        size="xl"
        title={shown && `${word('deliveryOutcome', shown.outcome)} · ${at(shown)}`}
        closeButtonProps={{ 'aria-label': say('answer.close') }}
      >
        {shown && (
          <div className="stack">
            {shown.reason && (
              <p>
                <bdi lang="en">{shown.reason}</bdi>
              </p>
            )}
            {shown.next_step && <p>{word('deliveryNext', shown.outcome)}</p>}
            {shown.told > 0 && (
              <p>{say('deliveries.told', { told: number(shown.told), known: number(shown.known) })}</p>
            )}
            {shown.request.is_cut && (
              <p className="quiet small">{say('deliveries.cut', { bytes: number(shown.request.bytes) })}</p>
            )}
            {/* what scrolls can be reached by keyboard */}
            <section tabIndex={0} aria-label={say('deliveries.raw')}>
              <pre className="raw code small sunk" dir="ltr">
                {written(shown.request)}
              </pre>
            </section>
          </div>
        )}
      </Modal>
    </div>
  )
}

/** A long path says at its beginning what it is. */
function beginning(path: string): string {
  return path.length > 60 ? `${path.slice(0, 60)}…` : path || '/'
}
