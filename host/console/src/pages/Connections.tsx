/** Channels and sources: what the shop speaks over and hears from, how each is, and where the other side calls. */
import { Button, CopyButton } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Check, Copy, PlugZap } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { Tag } from '../pieces/Tag'
import { may, queries } from '../session'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'

type Connection = Schemas['ConnectionView']
type Kind = 'channels' | 'sources'

export function Connections() {
  const { say } = useSpeech()
  return (
    <Page title={say('nav.connections')} about={say('connections.about')}>
      <Kinds kind="channels" title="connections.channels" none="connections.noChannels" />
      <Kinds kind="sources" title="connections.sources" none="connections.noSources" />
    </Page>
  )
}

function Kinds({ kind, title, none }: { kind: Kind; title: Key; none: Key }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const found = useQuery({
    queryKey: ['shop', shop.id, kind],
    queryFn: () => take(api.GET(`/v1/${kind}`)),
    refetchInterval: 15_000,
  })
  return (
    <section className="stack">
      <h2>{say(title)}</h2>
      <Answer of={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <Empty icon={PlugZap}>{say(none)}</Empty>
            </Card>
          ) : (
            <div className="grid wide">
              {items.map(one => (
                <One key={one.name} kind={kind} connection={one} />
              ))}
            </div>
          )
        }
      </Answer>
    </section>
  )
}

function One({ kind, connection }: { kind: Kind; connection: Connection }) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const { held, heard_at: heardAt } = connection
  const released = useMutation({
    mutationFn: () =>
      take(api.POST('/v1/channels/{name}/release', { params: { path: { name: connection.name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['shop', shop.id] }),
  })
  return (
    <article className="card stack">
      <div className="card-head flat">
        <h3>
          <bdi>{connection.name}</bdi>
        </h3>
        <Tag tone={held ? 'warn' : 'good'}>{say(held ? 'connections.held' : 'connections.ready')}</Tag>
      </div>
      {held && (
        <div className="stack tight">
          <p>{word('hold', held.reason)}</p>
          <p className="quiet small" lang="en">
            {held.words} {held.next_step}
          </p>
          {kind === 'channels' && may(shop, 'integrate') && (
            <div>
              <Button size="xs" loading={released.isPending} onClick={() => released.mutate()}>
                {say('connections.release')}
              </Button>
            </div>
          )}
          {released.error && <Trouble error={released.error} />}
        </div>
      )}
      <dl className="terms narrow">
        <div>
          <dt>{say('connections.plugin')}</dt>
          <dd className="code">{connection.plugin}</dd>
        </div>
        {!!connection.secrets?.length && (
          <div>
            <dt>{say('connections.secrets')}</dt>
            <dd className="code">{connection.secrets.join(', ')}</dd>
          </div>
        )}
        {!!connection.ability?.receipts?.length && (
          <div>
            <dt>{say('connections.receipts')}</dt>
            <dd>{connection.ability.receipts.map(kind => word('receipt', kind)).join(' · ')}</dd>
          </div>
        )}
        {heardAt && (
          <div>
            <dt>{say('connections.heard')}</dt>
            <dd>{moment(heardAt, shop.time_zone)}</dd>
          </div>
        )}
      </dl>
      <div className="stack tight">
        <div className="quiet small">{say('connections.webhook')}</div>
        <div className="copy">
          <span className="code" dir="ltr">
            {connection.webhook}
          </span>
          <CopyButton value={connection.webhook}>
            {({ copied, copy }) => (
              <Button
                size="xs"
                variant="default"
                onClick={copy}
                leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
              >
                {say(copied ? 'answer.copied' : 'answer.copy')}{' '}
                <span className="unseen">{connection.name}</span>
              </Button>
            )}
          </CopyButton>
        </div>
      </div>
    </article>
  )
}
