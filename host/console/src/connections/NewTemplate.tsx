/** A template that a channel's provider is asked to approve: made from a content of the shop, which it is sent by
 * afterwards; one that is not there yet is written here. */
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { FilePlus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { api, Refusal, take } from '../api/client'
import { type Content, fieldOf, fresh, useChannels, type Variant } from '../contents/content'
import { Answer, Trouble } from '../pieces/Answer'
import { blank, faultsOf, SchemaForm } from '../pieces/SchemaForm'
import { useDoing } from '../plugins/plugin'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { at, type Connection, useConnections } from './connection'

const NEW = ''

/** The provider of a channel is asked to approve what a content says there. */
const handIn = (channel: string, content: string, locale: string) =>
  take(api.POST('/v1/channels/{name}/templates', { ...at(channel), body: { content, locale } }))

/** Whether its plugin can ask for that. */
const creates = ({ ability }: Connection) => ability?.tasks?.includes('create-template') ?? false

/** From a content whose template its provider does not know: one button, and the provider's word. */
export function HandIn(props: { channel: string; content: Content; variant: Variant; isSaved: boolean }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { channel, content, variant, isSaved } = props
  const asked = useDoing(() => handIn(channel, content.name, variant.locale ?? content.default_locale))
  const connected = useConnections('channels').data?.items.find(one => one.name === channel)
  if (!may(shop, 'edit') || !connected || !creates(connected)) return null
  return (
    <div className="stack tight">
      <div className="row">
        <Button
          size="xs"
          variant="default"
          leftSection={<FilePlus size={14} aria-hidden />}
          disabled={!isSaved}
          loading={asked.isPending}
          onClick={() => asked.mutate()}
        >
          {say('templates.handIn')}
        </Button>
        {!isSaved && <span className="quiet small">{say('templates.saveFirst')}</span>}
      </div>
      {asked.error && <Trouble error={asked.error} />}
    </div>
  )
}

export function NewTemplate({ connection }: { connection: Connection }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [isOpen, open] = useState(false)
  if (!may(shop, 'edit') || !creates(connection)) return null
  return (
    <>
      <Button
        size="xs"
        leftSection={<FilePlus size={14} aria-hidden />}
        onClick={() => open(true)}
      >
        {say('templates.create')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => open(false)}
        size="lg"
        title={say('templates.create')}
        closeButtonProps={{ 'aria-label': say('answer.close') }}
      >
        <Form connection={connection} close={() => open(false)} />
      </Modal>
    </>
  )
}

function Form({ connection, close }: { connection: Connection; close: () => void }) {
  const { shop } = useVisit()
  const contents = useQuery({
    queryKey: ['shop', shop.id, 'contents', 'all'],
    queryFn: () => take(api.GET('/v1/contents', { params: { query: { limit: 200 } } })),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Answer of={contents}>
      {({ items }) => <Writing connection={connection} contents={items.map(one => one.content)} close={close} />}
    </Answer>
  )
}

function Writing(props: { connection: Connection; contents: Content[]; close: () => void }) {
  const { say } = useSpeech()
  const { connection, contents, close } = props
  const channel = connection.ability?.channel ?? ''
  const schema = useChannels().get(channel) ?? { type: 'object' }
  const own = contents.filter(one => one.variants.some(variant => variant.channel === channel))
  const [chosen, choose] = useState(own[0]?.name ?? NEW)
  const [named, name] = useState('')
  const known = own.find(one => one.name === chosen)
  const variants = known?.variants.filter(one => one.channel === channel) ?? []
  const localeOf = (variant: Variant) => variant.locale ?? known?.default_locale ?? ''
  const [spoken, speak] = useState('')
  const variant = variants.find(one => localeOf(one) === spoken) ?? variants[0]
  const place = variant ? (known?.variants.indexOf(variant) ?? 0) : 0
  const locale = variant ? localeOf(variant) : spoken.trim()
  const [written, write] = useState<unknown>()
  const [isStrict, judge] = useState(false)
  const body = written ?? variant?.body ?? blank(schema, schema) ?? {}
  const asked = useDoing(async () => {
    const content = known ?? { ...fresh(named.trim()), default_locale: locale }
    if (written !== undefined || !variant) {
      const one = { channel, ...(variant?.locale ? { locale: variant.locale } : {}), body }
      const variants = variant ? content.variants.map(other => (other === variant ? one : other)) : [one]
      const params = { path: { name: content.name } }
      await take(api.PUT('/v1/contents/{name}', { params, body: { ...content, variants } }))
    }
    return handIn(connection.name, content.name, locale)
  })
  const refusal = asked.error instanceof Refusal ? asked.error : undefined
  const isThere = !known && contents.some(one => one.name === named.trim())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    judge(true)
    if ((!known && (!named.trim() || isThere)) || !locale || faultsOf(schema, schema, body).length > 0) return
    asked.mutate(undefined, { onSuccess: close })
  }
  const missing = (text: string) => (isStrict && !text.trim() ? say('form.required') : undefined)
  return (
    <form className="stack" noValidate onSubmit={submit}>
      <p className="quiet small">{say('templates.createAbout')}</p>
      <NativeSelect
        label={say('templates.content')}
        value={chosen}
        data={[
          ...own.map(one => ({ value: one.name, label: one.name })),
          { value: NEW, label: say('templates.newContent') },
        ]}
        onChange={event => {
          choose(event.currentTarget.value)
          write(undefined)
        }}
      />
      {known ? (
        <NativeSelect
          label={say('customer.language')}
          value={locale}
          data={variants.map(localeOf)}
          onChange={event => {
            speak(event.currentTarget.value)
            write(undefined)
          }}
        />
      ) : (
        <>
          <TextInput
            label={say('connections.name')}
            description={say('templates.nameAbout')}
            dir="ltr"
            withAsterisk
            aria-required
            value={named}
            error={isThere ? say('templates.isThere') : (refusal?.of('name') ?? missing(named))}
            onChange={event => name(event.currentTarget.value)}
          />
          <TextInput
            label={say('customer.language')}
            description={say('contents.defaultLocaleAbout')}
            dir="ltr"
            withAsterisk
            aria-required
            value={spoken}
            error={refusal?.of('locale') ?? refusal?.of('default_locale') ?? missing(spoken)}
            onChange={event => speak(event.currentTarget.value)}
          />
        </>
      )}
      <fieldset className="several">
        <legend>{say('templates.says')}</legend>
        <p className="quiet small">{say('templates.saysAbout')}</p>
        <SchemaForm
          key={known ? `${chosen} ${locale}` : NEW}
          schema={schema}
          value={body}
          change={write}
          isStrict={isStrict}
          found={pointer => refusal?.of(fieldOf(place, pointer))}
        />
      </fieldset>
      {/* beside the button that was pressed: the form is longer than its dialog */}
      {asked.error && <Trouble error={asked.error} />}
      <div className="row">
        <Button type="submit" loading={asked.isPending}>
          {say('templates.handIn')}
        </Button>
        <Button variant="default" onClick={close}>
          {say('answer.cancel')}
        </Button>
      </div>
    </form>
  )
}
