/** What a channel or source is set up with. What its plugin may do is asked before it is saved; a secret goes in here and
 * never comes out. */
import { Button, Modal, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { api, Refusal, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { CapForm } from '../flow/forms/CapForm'
import { SpanField } from '../flow/forms/fields'
import { refOf } from '../flow/forms/shop'
import { WindowForm } from '../flow/forms/WindowForm'
import { blank, faultsOf, type Schema, SchemaForm } from '../pieces/SchemaForm'
import { Asked } from '../plugins/Asked'
import { type Grants, useDoing, type Version } from '../plugins/plugin'
import { useSpeech } from '../words'
import { askedOf, at, type Connection, isMore, type Kind, type Settings, settingsOf } from './connection'
import '../flow/flow.css'

const NOTHING: Grants = { facts: [], hosts: [], secrets: [] }

export function SettingsForm(props: {
  kind: Kind
  version: Version
  /** What is there already. */
  connection?: Connection
  isStill?: boolean
  saved: (connection: Connection) => void
}) {
  const { say } = useSpeech()
  const { kind, version, connection, isStill } = props
  const schema = version.descriptor.config_schema as Schema
  const hasQuestions = Object.keys(schema.properties ?? {}).length > 0
  const [name, call] = useState(connection?.name ?? version.name)
  const [config, change] = useState<unknown>(() => connection?.config ?? blank(schema, schema) ?? {})
  const [secrets, write] = useState<Record<string, string>>({})
  const [rest, set] = useState<Pick<Settings, 'window' | 'cap' | 'stale_after'>>({
    window: connection?.window ?? null,
    cap: connection?.cap ?? null,
    stale_after: connection?.stale_after ?? null,
  })
  const [isStrict, judge] = useState(false)
  const [isAsking, ask] = useState(false)

  const given = Object.fromEntries(Object.entries(secrets).filter(([, text]) => text !== ''))
  const granted = connection?.grants ?? NOTHING
  const asked = askedOf(version, config, [...(connection?.secrets ?? []), ...Object.keys(given)], granted)
  const saved = useDoing(() => {
    const plugin = connection?.plugin ?? refOf(version)
    const body: Settings = { plugin, config, grants: asked, secrets: given, senders: connection ? settingsOf(connection).senders : [], ...rest }
    return take(api.PUT(`/v1/${kind}/{name}`, { ...at(name), body }))
  })
  const save = () =>
    saved.mutate(undefined, {
      onSuccess: one => {
        write({})
        judge(false)
        props.saved(one)
      },
      onSettled: () => ask(false),
    })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    judge(true)
    if (!name || faultsOf(schema, schema, config).length > 0) return
    if (isMore(asked, granted)) ask(true)
    else save()
  }
  const refusal = saved.error instanceof Refusal ? saved.error : undefined
  const nameFault = refusal?.of('name') ?? (isStrict && !name ? say('form.required') : undefined)

  return (
    <form className="stack" noValidate onSubmit={submit}>
      {saved.error && <Trouble error={saved.error} />}
      {!connection && (
        <TextInput
          label={say('connections.name')}
          description={say('connections.nameAbout')}
          dir="ltr"
          withAsterisk
          aria-required
          error={nameFault}
          value={name}
          onChange={event => call(event.currentTarget.value)}
        />
      )}
      {hasQuestions && (
        <SchemaForm
          schema={schema}
          value={config}
          change={change}
          isStill={isStill}
          isStrict={isStrict}
          found={path => refusal?.of(`config${path}`)}
        />
      )}
      <Secrets {...{ version, connection, isStill, secrets, write }} />
      {kind === 'channels' ? (
        <fieldset className="plain-set flow-plain stack" disabled={isStill}>
          <WindowForm
            window={rest.window}
            inherited={say('connections.asTheShop')}
            change={window => set({ ...rest, window })}
          />
          <CapForm
            cap={rest.cap}
            inherited={say('connections.asTheShop')}
            change={cap => set({ ...rest, cap })}
          />
        </fieldset>
      ) : (
        <fieldset className="plain-set flow-plain" disabled={isStill}>
          <SpanField
            label={say('connections.staleAfter')}
            about={say('connections.staleAfterAbout')}
            value={rest.stale_after}
            change={span => set({ ...rest, stale_after: span ?? null })}
          />
        </fieldset>
      )}
      {!isStill && (
        <div>
          <Button type="submit" loading={saved.isPending && !isAsking}>
            {say(connection ? 'plugins.save' : 'connections.setUp')}
          </Button>
        </div>
      )}
      <Modal
        opened={isAsking}
        onClose={() => ask(false)}
        size="lg"
        title={say('consent.title', { name: version.descriptor.title, version: version.version })}
        closeButtonProps={{ 'aria-label': say('answer.close') }}
      >
        <div className="stack">
          <p>{say('connections.consentAbout', { name })}</p>
          <Asked version={version} within={{ config, asked }} />
          <ul className="quiet small promises">
            <li>{say('consent.never')}</li>
          </ul>
          <div className="row">
            <Button loading={saved.isPending} onClick={save}>
              {say('connections.grantAndSave')}
            </Button>
            <Button variant="default" onClick={() => ask(false)}>
              {say('answer.cancel')}
            </Button>
          </div>
        </div>
      </Modal>
    </form>
  )
}

function Secrets(props: {
  version: Version
  connection?: Connection
  isStill?: boolean
  secrets: Record<string, string>
  write: (secrets: Record<string, string>) => void
}) {
  const { say } = useSpeech()
  const { version, connection, secrets, write } = props
  const needs = version.descriptor.secrets
  if (needs.length === 0) return null
  return (
    <fieldset className="several">
      <legend>{say('connections.secretsTitle')}</legend>
      <p className="quiet small">{say('connections.secretsAbout')}</p>
      {needs.map(need => {
        const isSet = connection?.secrets.includes(need.name)
        return (
          <TextInput
            key={need.name}
            type="password"
            autoComplete="new-password"
            dir={secrets[need.name] ? 'ltr' : undefined}
            label={<bdi>{need.title}</bdi>}
            description={<bdi>{need.why}</bdi>}
            placeholder={isSet ? say('connections.secretIsSet') : undefined}
            disabled={props.isStill}
            value={secrets[need.name] ?? ''}
            onChange={event => write({ ...secrets, [need.name]: event.currentTarget.value })}
          />
        )
      })}
    </fieldset>
  )
}
