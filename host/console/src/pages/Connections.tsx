/** Channels and sources: what the shop speaks over and hears from, and how each is. */
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { PlugZap, Plus } from 'lucide-react'
import { type Connection, type Kind, useConnections } from '../connections/connection'
import { ConnectionState } from '../connections/State'
import { Answer, Empty } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'

export function Connections() {
  const { say } = useSpeech()
  return (
    <Page title={say('nav.connections')} about={say('connections.about')}>
      <Kinds
        kind="channels"
        title="connections.channels"
        none="connections.noChannels"
        add="connections.addChannel"
      />
      <Kinds
        kind="sources"
        title="connections.sources"
        none="connections.noSources"
        add="connections.addSource"
      />
    </Page>
  )
}

function Kinds({ kind, title, none, add }: { kind: Kind; title: Key; none: Key; add: Key }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const found = useConnections(kind)
  return (
    <section className="stack">
      <div className="card-head flat">
        <h2>{say(title)}</h2>
        {may(shop, 'integrate') && (
          <Button
            size="xs"
            variant="default"
            leftSection={<Plus size={14} aria-hidden />}
            renderRoot={given => (
              <Link to="/$shop/connections/new/$kind" params={{ shop: shop.id, kind }} {...given} />
            )}
          >
            {say(add)}
          </Button>
        )}
      </div>
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
  const { name, held, heard_at: heardAt } = connection
  return (
    <article className="card stack">
      <div className="card-head flat">
        <h3>
          <Link to="/$shop/connections/$kind/$name" params={{ shop: shop.id, kind, name }}>
            <bdi>{name}</bdi>
          </Link>
        </h3>
        <ConnectionState connection={connection} />
      </div>
      {held && <p>{word('hold', held.reason)}</p>}
      <dl className="terms narrow">
        <div>
          <dt>{say('connections.plugin')}</dt>
          <dd className="code">{connection.plugin}</dd>
        </div>
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
    </article>
  )
}
