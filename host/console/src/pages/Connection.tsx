/** One channel or source: whether it works, what holds it and what to do, where the other side calls, its settings, what
 * came in lately, and what of it nobody understood. */
import { Alert, Button } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { CircleCheck, PlugZap, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, take } from '../api/client'
import { at, type Connection as One, isKind, type Kind, useConnections, versionOf } from '../connections/connection'
import { Deliveries } from '../connections/Deliveries'
import { Health } from '../connections/Health'
import { Probe } from '../connections/Probe'
import { RecentDeliveries } from '../connections/RecentDeliveries'
import { Senders } from '../connections/Senders'
import { SettingsForm } from '../connections/SettingsForm'
import { ConnectionState } from '../connections/State'
import { Templates } from '../connections/Templates'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Confirm } from '../pieces/Confirm'
import { CopyLine } from '../pieces/CopyLine'
import { Page } from '../pieces/Page'
import { HeldStep, HeldWords } from '../pieces/Told'
import { useDoing, usePlugins } from '../plugins/plugin'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Connection() {
  const { say } = useSpeech()
  const { kind: given, name } = useParams({ from: '/$shop/connections/$kind/$name' })
  const kind = isKind(given) ? given : 'channels'
  const found = useConnections(kind)
  const one = found.data?.items.find(one => one.name === name)
  if (!one) {
    return (
      <Page title={name}>
        <Answer of={found}>{() => <Empty icon={PlugZap}>{say('connections.gone')}</Empty>}</Answer>
      </Page>
    )
  }
  return <Connected kind={kind} connection={one} />
}

function Connected({ kind, connection }: { kind: Kind; connection: One }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { saved: isNew } = useSearch({ from: '/$shop/connections/$kind/$name' })
  const [isSaved, tell] = useState(isNew === true)
  const plugins = usePlugins()
  const canIntegrate = may(shop, 'integrate')
  const { name } = connection
  return (
    <Page
      title={name}
      about={say(kind === 'channels' ? 'connections.isChannel' : 'connections.isSource', {
        plugin: connection.plugin,
      })}
      actions={
        <>
          <ConnectionState connection={connection} />
          {canIntegrate && <Remove kind={kind} name={name} />}
        </>
      }
    >
      {isSaved && (
        <Alert role="status" variant="light" color="pine" icon={<CircleCheck size={18} aria-hidden />}>
          {say('connections.saved')}
        </Alert>
      )}
      {connection.held && <Held kind={kind} connection={connection} />}
      <div className="grid wide">
        <Card title={say('connections.webhook')}>
          <CopyLine line={connection.webhook} about={say('connections.webhookAbout')} name={name} />
        </Card>
        {canIntegrate && (
          <Card title={say('connections.probe')}>
            {canBeProbed(connection) ? (
              <Probe kind={kind} name={name} />
            ) : (
              <p className="quiet">{say('connections.cannotProbe')}</p>
            )}
          </Card>
        )}
      </div>
      {kind === 'channels' && (
        <Senders
          connection={connection}
          version={versionOf(plugins.data ?? [], connection.plugin)}
        />
      )}
      {connection.ability?.templates && <Templates connection={connection} />}
      {kind === 'sources' && <Health connection={connection} />}
      <Card title={say('connections.settings')}>
        <Answer of={plugins}>
          {all => {
            const version = versionOf(all, connection.plugin)
            return version ? (
              <div className="narrow-page">
                <SettingsForm
                  kind={kind}
                  version={version}
                  connection={connection}
                  isStill={!canIntegrate}
                  saved={() => tell(true)}
                />
              </div>
            ) : (
              <Empty icon={PlugZap}>{say('connections.noVersion', { plugin: connection.plugin })}</Empty>
            )
          }}
        </Answer>
      </Card>
      <Card title={say('deliveries.title')}>
        <RecentDeliveries kind={kind} connection={connection} />
      </Card>
      <Card title={say('connections.deliveries')}>
        <Deliveries connection={connection.id} />
      </Card>
    </Page>
  )
}

/** Whether its plugin has a harmless request to make. */
function canBeProbed({ ability, tasks }: One): boolean {
  return ability ? (ability.tasks?.includes('probe') ?? false) : 'probe' in (tasks ?? {})
}

/** What holds it, in the other side's words, with what to do; and the way on once that is done. */
function Held({ kind, connection }: { kind: Kind; connection: One }) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const { held } = connection
  const released = useDoing(() => take(api.POST('/v1/channels/{name}/release', at(connection.name))))
  if (!held) return null
  return (
    <Alert color="yellow" variant="light" title={word('hold', held.reason)}>
      <div className="stack tight">
        <p>
          <HeldWords of={held} /> <HeldStep of={held} />
        </p>
        <p className="small">{say('alerts.since', { at: moment(held.since, shop.time_zone) })}</p>
        {kind === 'channels' && may(shop, 'integrate') && (
          <div>
            <Button size="xs" loading={released.isPending} onClick={() => released.mutate()}>
              {say('connections.release')}
            </Button>
          </div>
        )}
        {released.error && <Trouble error={released.error} />}
      </div>
    </Alert>
  )
}

function Remove({ kind, name }: { kind: Kind; name: string }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const navigate = useNavigate()
  const [isOpen, open] = useState(false)
  const removed = useDoing(async () => {
    await take(api.DELETE(`/v1/${kind}/{name}`, at(name)))
    await navigate({ to: '/$shop/connections', params: { shop: shop.id } })
  })
  return (
    <>
      <Button
        variant="default"
        leftSection={<Trash2 size={16} aria-hidden />}
        onClick={() => open(true)}
      >
        {say('people.remove')}
      </Button>
      <Confirm
        isOpen={isOpen}
        close={() => open(false)}
        title={<bdi>{name}</bdi>}
        go={say('people.remove')}
        isGrave
        does={removed}
      >
        <p>{say('connections.removeAbout')}</p>
        <p>{say(kind === 'channels' ? 'connections.removeChannel' : 'connections.removeSource')}</p>
      </Confirm>
    </>
  )
}
