/** One plugin: its versions and where each stands, what it asks for, what it did, and who changed what. */
import { Alert, Button, CopyButton, NativeSelect, Tabs } from '@mantine/core'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { CircleStop, ShieldQuestion } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Answer, Empty } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { blank, type Schema, SchemaForm } from '../pieces/SchemaForm'
import { Asked } from '../plugins/Asked'
import { Audit } from '../plugins/Audit'
import { Consent } from '../plugins/Consent'
import { Limits } from '../plugins/Limits'
import { Kill, Promote, RollBack } from '../plugins/Moves'
import { foremost, usePlugins, type Version } from '../plugins/plugin'
import { Differences, Figures, Logs, Traps, Uses } from '../plugins/Records'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'
import { Stage } from './Plugins'

export function Plugin() {
  const { say } = useSpeech()
  const { plugin: name } = useParams({ from: '/$shop/plugins/$plugin' })
  const plugins = usePlugins()
  const versions = plugins.data?.filter(one => one.name === name)
  const first = versions && foremost(versions)
  if (!versions || !first) {
    return (
      <Page title={name}>
        <Answer of={plugins}>{() => <Empty icon={CircleStop}>{say('plugins.gone')}</Empty>}</Answer>
      </Page>
    )
  }
  return <Installed name={name} versions={versions} first={first} />
}

function Installed({ name, versions, first }: { name: string; versions: Version[]; first: Version }) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const search = useSearch({ from: '/$shop/plugins/$plugin' })
  const chosen = versions.find(one => one.digest === search.version) ?? first
  const canIntegrate = may(shop, 'integrate')
  const { killed } = first
  return (
    <Page
      title={chosen.descriptor.title}
      about={`${word('pluginKind', chosen.kind)} · ${name}`}
      actions={
        canIntegrate && (
          <>
            <RollBack name={name} versions={versions} />
            <Kill name={name} isKilled={killed != null} />
          </>
        )
      }
    >
      {killed && (
        <Alert
          color="red"
          variant="light"
          icon={<CircleStop size={18} aria-hidden />}
          title={say('plugins.isKilled')}
        >
          {say('plugins.killedBy', {
            who: killed.by,
            when: moment(killed.at, shop.time_zone),
            why: killed.why,
          })}
        </Alert>
      )}
      <p>
        <bdi>{chosen.descriptor.summary}</bdi>
      </p>
      <Versions versions={versions} chosen={chosen} />
      <Rooms name={name} version={chosen} versions={versions} />
    </Page>
  )
}

function Versions({ versions, chosen }: { versions: Version[]; chosen: Version }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const [asked, ask] = useState<Version | null>(null)
  const canIntegrate = may(shop, 'integrate')
  const hasActive = versions.some(one => one.active)
  return (
    <Card title={say('plugins.versions')}>
      <ul className="plain lines">
        {versions.map(one => (
          <li key={one.digest}>
            <div className="grow stack tight">
              <div className="row">
                <strong className="code">{one.version}</strong>
                <Stage version={one} />
                {one.digest === chosen.digest && versions.length > 1 && (
                  <span className="quiet small">{say('plugins.shown')}</span>
                )}
              </div>
              <div className="quiet small">
                {say('plugins.since', { when: moment(one.since, shop.time_zone) })}{' '}
                <span className="code">{one.digest.slice(0, 12)}</span>{' '}
                {one.signed_by && say('plugins.signedBy', { who: one.signed_by.key_name })}
              </div>
              {one.why && (
                <div className="quiet small">
                  <bdi>“{one.why}”</bdi>
                </div>
              )}
              {one.distrust && (
                <div className="small" lang="en">
                  {one.distrust}
                </div>
              )}
            </div>
            {canIntegrate && (
              <div className="row">
                {one.stage === 'waiting' && (
                  <Button
                    size="xs"
                    leftSection={<ShieldQuestion size={15} aria-hidden />}
                    onClick={() => ask(one)}
                  >
                    {say('consent.look')} <span className="unseen">{one.version}</span>
                  </Button>
                )}
                <Promote version={one} hasActive={hasActive} />
              </div>
            )}
          </li>
        ))}
      </ul>
      {asked && <Consent version={asked} isOpen close={() => ask(null)} />}
    </Card>
  )
}

const ROOMS = [
  'asks',
  'config',
  'figures',
  'logs',
  'traps',
  'differences',
  'uses',
  'limits',
  'audit',
] as const

function Rooms({ name, version, versions }: { name: string; version: Version; versions: Version[] }) {
  const { say } = useSpeech()
  const { tab } = useSearch({ from: '/$shop/plugins/$plugin' })
  const navigate = useNavigate({ from: '/$shop/plugins/$plugin' })
  const decides = version.kind === 'condition' || version.kind === 'selector'
  const rooms = ROOMS.filter(room => decides || room !== 'differences')
  const { digest } = version
  const shown: Record<(typeof ROOMS)[number], () => ReactNode> = {
    asks: () => <Asked version={version} />,
    config: () => <Config key={digest} version={version} />,
    figures: () => <Figures version={version} />,
    logs: () => <Logs digest={digest} />,
    traps: () => <Traps digest={digest} />,
    differences: () => <Differences digest={digest} />,
    uses: () => <Uses digest={digest} />,
    limits: () => <Limits key={digest} version={version} />,
    audit: () => <Audit name={name} />,
  }
  const chosen = rooms.find(room => room === tab) ?? 'asks'
  return (
    <Card>
      <div className="stack">
        {versions.length > 1 && (
          <NativeSelect
            className="narrow-form"
            label={say('plugins.ofVersion')}
            value={digest}
            data={versions.map(one => ({
              value: one.digest,
              label: `${one.version} · ${one.digest.slice(0, 12)}`,
            }))}
            onChange={event => {
              const version = event.currentTarget.value
              navigate({ search: before => ({ ...before, version }), replace: true })
            }}
          />
        )}
        <Tabs
          value={chosen}
          keepMounted={false}
          onChange={tab =>
            navigate({ search: before => ({ ...before, tab: tab ?? undefined }), replace: true })
          }
        >
          <Tabs.List>
            {rooms.map(room => (
              <Tabs.Tab key={room} value={room}>
                {say(`pluginRoom.${room}` as Key)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {rooms.map(room => (
            <Tabs.Panel key={room} value={room} className="room">
              {room === chosen && shown[room]()}
            </Tabs.Panel>
          ))}
        </Tabs>
      </div>
    </Card>
  )
}

/** What it wants to know, to be tried: where it is used, the same form is filled in. */
function Config({ version }: { version: Version }) {
  const { say } = useSpeech()
  const schema = version.descriptor.config_schema as Schema
  const [value, change] = useState<unknown>(() => blank(schema, schema) ?? {})
  const text = JSON.stringify(value, null, 2)
  const isConnected = version.kind === 'channel' || version.kind === 'source'
  return (
    <div className="stack">
      <p className="quiet">{say(isConnected ? 'plugins.configOfConnection' : 'plugins.configOfStep')}</p>
      <div className="split">
        <SchemaForm schema={schema} value={value} change={change} />
        <div className="stack tight">
          <div className="quiet small">{say('plugins.asJson')}</div>
          <pre className="raw code sunk" dir="ltr">
            {text}
          </pre>
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <div>
                <Button size="xs" variant="default" onClick={copy}>
                  {say(copied ? 'answer.copied' : 'answer.copy')}
                </Button>
              </div>
            )}
          </CopyButton>
        </div>
      </div>
    </div>
  )
}
