/** The senders of a channel: how each is, what holds one and what to do, and how one is added, changed or taken away
 * (S22, S23). */
import { Alert, Button, Checkbox, Modal, TextInput } from '@mantine/core'
import { Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { api, Refusal, take } from '../api/client'
import { NumberField } from '../flow/forms/fields'
import { Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { faultsOf, type Schema, SchemaForm } from '../pieces/SchemaForm'
import { Tag } from '../pieces/Tag'
import { HeldStep, HeldWords } from '../pieces/Told'
import { useDoing, type Version } from '../plugins/plugin'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { at, type Connection, type Sender, type SenderSettings, settingsOf } from './connection'

export function Senders({ connection, version }: { connection: Connection; version?: Version }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [edited, edit] = useState<number | null>(null)
  const senders = connection.senders ?? []
  const canIntegrate = may(shop, 'integrate')
  const standard = (senders.find(one => one.default) ?? senders[0])?.name
  return (
    <Card title={say('senders.title')}>
      <div className="stack">
        <p className="quiet small">{say(senders.length === 0 ? 'senders.none' : 'senders.about')}</p>
        {senders.length > 0 && (
          <ul className="plain lines">
            {senders.map((one, place) => (
              <One
                key={one.name}
                channel={connection.name}
                sender={one}
                isDefault={one.name === standard}
                edit={canIntegrate && version ? () => edit(place) : undefined}
              />
            ))}
          </ul>
        )}
        {canIntegrate && version && (
          <div>
            <Button
              size="xs"
              variant="default"
              leftSection={<Plus size={14} aria-hidden />}
              onClick={() => edit(senders.length)}
            >
              {say('senders.add')}
            </Button>
          </div>
        )}
      </div>
      {edited !== null && version && (
        <Editing connection={connection} version={version} place={edited} close={() => edit(null)} />
      )}
    </Card>
  )
}

function One(props: { channel: string; sender: Sender; isDefault: boolean; edit?: () => void }) {
  const { say, word, moment, number } = useSpeech()
  const { shop } = useVisit()
  const { channel, sender } = props
  const { name, held, waits_until: rests, rate_per_second: rate } = sender
  const path = { name: channel, sender: name }
  const released = useDoing(() =>
    take(api.POST('/v1/channels/{name}/senders/{sender}/release', { params: { path } })),
  )
  const canRelease = (held || rests) && may(shop, 'integrate')
  return (
    <li>
      <div className="grow stack tight">
        <span className="row">
          <strong>
            <bdi>{name}</bdi>
          </strong>
          {props.isDefault && <Tag>{say('senders.default')}</Tag>}
        </span>
        <span className="quiet small">
          {rate == null ? say('senders.anyRate') : say('senders.rate', { n: number(rate) })}
          {Object.entries(sender.config ?? {}).map(([field, value]) => (
            <span key={field}>
              {' · '}
              <span className="code" dir="ltr">
                {field}: {typeof value === 'string' ? value : JSON.stringify(value)}
              </span>
            </span>
          ))}
        </span>
        {held && (
          <Alert color="yellow" variant="light" title={word('hold', held.reason)}>
            <p>
              <HeldWords of={held} /> <HeldStep of={held} />
            </p>
            <p className="small">{say('alerts.since', { at: moment(held.since, shop.time_zone) })}</p>
          </Alert>
        )}
        {rests && <p className="small">{say('senders.waits', { at: moment(rests, shop.time_zone) })}</p>}
        {released.error && <Trouble error={released.error} />}
        <span className="row">
          {canRelease && (
            <Button size="xs" loading={released.isPending} onClick={() => released.mutate()}>
              {say('senders.release')} <span className="unseen">{name}</span>
            </Button>
          )}
          {props.edit && (
            <Button size="xs" variant="default" onClick={props.edit}>
              {say('senders.change')} <span className="unseen">{name}</span>
            </Button>
          )}
        </span>
      </div>
      {held ? (
        <Tag tone="warn">{say('connections.held')}</Tag>
      ) : rests ? (
        <Tag tone="warn">{say('senders.resting')}</Tag>
      ) : (
        <Tag tone="good">{say('connections.ready')}</Tag>
      )}
    </li>
  )
}

const NEW: SenderSettings = { name: '', config: {}, rate_per_second: null, default: false }

/** What is asked of a sender is what the plugin asks of the channel, and nothing of it has to be said. */
function Editing(props: { connection: Connection; version: Version; place: number; close: () => void }) {
  const { say } = useSpeech()
  const { connection, place, close } = props
  const settings = settingsOf(connection)
  const known = settings.senders?.[place]
  const [sender, set] = useState<SenderSettings>(known ?? NEW)
  const [isStrict, judge] = useState(false)
  const schema: Schema = { ...(props.version.descriptor.config_schema as Schema), required: [] }
  const saved = useDoing((): Promise<unknown> => save(sender))
  const removed = useDoing((): Promise<unknown> => save(undefined))
  const save = (one: SenderSettings | undefined) => {
    // only one can be the default
    const others = (settings.senders ?? []).map(other => (one?.default ? { ...other, default: false } : other))
    const senders = others.toSpliced(place, 1, ...(one ? [one] : []))
    return take(api.PUT('/v1/channels/{name}', { ...at(connection.name), body: { ...settings, senders } }))
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    judge(true)
    if (!sender.name || faultsOf(schema, schema, sender.config).length > 0) return
    saved.mutate(undefined, { onSuccess: close })
  }
  const refusal = saved.error instanceof Refusal ? saved.error : undefined
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={known ? <bdi>{known.name}</bdi> : say('senders.add')}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <form className="stack" noValidate onSubmit={submit}>
        {(saved.error ?? removed.error) && <Trouble error={(saved.error ?? removed.error) as Error} />}
        {!known && (
          <TextInput
            label={say('senders.name')}
            description={say('senders.nameAbout')}
            dir="ltr"
            withAsterisk
            aria-required
            error={
              refusal?.of(`senders[${place}].name`) ??
              (isStrict && !sender.name ? say('form.required') : undefined)
            }
            value={sender.name}
            onChange={event => set({ ...sender, name: event.currentTarget.value })}
          />
        )}
        <fieldset className="several">
          <legend>{say('senders.own')}</legend>
          <p className="quiet small">{say('senders.ownAbout')}</p>
          <SchemaForm
            schema={schema}
            value={sender.config}
            change={config => set({ ...sender, config: config as SenderSettings['config'] })}
            isStrict={isStrict}
          />
        </fieldset>
        <NumberField
          label={say('senders.ratePerSecond')}
          about={say('senders.rateAbout')}
          min={1}
          max={1000}
          value={sender.rate_per_second}
          change={rate => set({ ...sender, rate_per_second: rate ?? null })}
        />
        <Checkbox
          label={say('senders.isDefault')}
          checked={sender.default}
          onChange={event => set({ ...sender, default: event.currentTarget.checked })}
        />
        <div className="row">
          <Button type="submit" loading={saved.isPending}>
            {say('plugins.save')}
          </Button>
          {known && (
            <Button
              color="red"
              variant="light"
              loading={removed.isPending}
              onClick={() => removed.mutate(undefined, { onSuccess: close })}
            >
              {say('people.remove')}
            </Button>
          )}
          <Button variant="default" onClick={close}>
            {say('answer.cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
