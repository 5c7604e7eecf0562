/** A content being written: its variants, what fills them in, and what comes out. */
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Plus, Trash2 } from 'lucide-react'
import { type FocusEvent, lazy, Suspense, useRef, useState } from 'react'
import { api, Refusal, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { blank, type Schema, SchemaForm } from '../pieces/SchemaForm'
import { may, queries } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { type Content, fieldOf, useChannels, type Variant, VARIABLES } from './content'
import { Preview } from './Preview'
import { Replacing } from './Replacing'

/** Mails alone need it. */
const Blocks = lazy(() => import('./mail/Blocks'))

const fieldsOf = (variant: Variant) => variant.body as Record<string, unknown>
const nameOf = (variant: Variant, content: Content) =>
  `${variant.channel} · ${variant.locale ?? content.default_locale}`

export function Editor({ saved, revision }: { saved: Content; revision: number }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const channels = useChannels()
  const [content, write] = useState(saved)
  const [place, choose] = useState(0)
  const [isAdding, add] = useState(false)
  const written = useRef<HTMLInputElement | HTMLTextAreaElement | null>(null)
  const isStill = !may(shop, 'edit')
  const variant = content.variants[place]
  const [kept, remember] = useState(revision > 0 ? saved : undefined)
  const keep = useMutation({
    mutationFn: async () => {
      const params = { path: { name: content.name } }
      const view = await take(api.PUT('/v1/contents/{name}', { params, body: content }))
      remember(content)
      return view
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['shop', shop.id, 'contents'] }),
  })
  const newest = keep.data?.revision ?? revision
  const refusal = keep.error instanceof Refusal ? keep.error : undefined
  const change = (variants: Variant[]) => write({ ...content, variants })
  /** A variable goes where somebody wrote last. */
  const insert = (variable: string) => {
    const field = written.current
    if (!field) return
    field.focus()
    field.setRangeText(`{{ ${variable} }}`, field.selectionStart ?? 0, field.selectionEnd ?? 0, 'end')
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  const mark = (event: FocusEvent) => {
    const field = event.target
    if (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type === 'text'))
      written.current = field
  }
  return (
    <>
      {keep.error && <Trouble error={keep.error} />}
      <div className="row">
        {content.variants.map((one, at) => (
          <Button
            key={nameOf(one, content)}
            size="xs"
            variant={at === place ? 'filled' : 'default'}
            aria-pressed={at === place}
            onClick={() => choose(at)}
          >
            <bdi>{nameOf(one, content)}</bdi>
          </Button>
        ))}
        {!isStill && (
          <Button
            size="xs"
            variant="subtle"
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => add(true)}
          >
            {say('contents.addVariant')}
          </Button>
        )}
      </div>
      <div className="split">
        <div className="stack">
          {variant && (
            <Card
              title={nameOf(variant, content)}
              side={
                !isStill && (
                  <Button
                    size="xs"
                    variant="subtle"
                    color="red"
                    leftSection={<Trash2 size={14} aria-hidden />}
                    onClick={() => {
                      change(content.variants.filter((_, at) => at !== place))
                      choose(0)
                    }}
                  >
                    {say('contents.removeVariant')}
                  </Button>
                )
              }
            >
              <div className="stack" onFocus={mark}>
                <SchemaForm
                  key={place}
                  schema={channels.get(variant.channel) ?? { type: 'object' }}
                  value={variant.body}
                  change={body =>
                    change(content.variants.map((one, at) => (at === place ? { ...one, body } : one)))
                  }
                  isStill={isStill}
                  isStrict={keep.isError}
                  found={pointer => refusal?.of(fieldOf(place, pointer))}
                />
                {channels.get(variant.channel)?.properties?.mjml && !fieldsOf(variant).html && (
                  <Suspense>
                    <Blocks
                      source={String(fieldsOf(variant).mjml ?? '')}
                      isStill={isStill}
                      change={mjml => {
                        const { html: _, mjml: __, ...others } = fieldsOf(variant)
                        const body = mjml ? { ...others, mjml } : others
                        change(content.variants.map((one, at) => (at === place ? { ...one, body } : one)))
                      }}
                    />
                  </Suspense>
                )}
                {!isStill && <Palette insert={insert} />}
              </div>
            </Card>
          )}
          <Settings content={content} write={write} isStill={isStill} />
          {!isStill && (
            <div className="row">
              <Button
                loading={keep.isPending}
                disabled={content.variants.length === 0}
                onClick={() => keep.mutate()}
              >
                {say('contents.save')}
              </Button>
              <span className="quiet small" role="status">
                {keep.data
                  ? say('contents.saved', { n: keep.data.revision })
                  : revision > 0 && say('contents.revision', { n: revision })}
              </span>
            </div>
          )}
          {!isStill && newest > 0 && <Replacing name={content.name} revision={newest} />}
        </div>
        {variant && (
          <Card title={say('contents.preview')}>
            <Preview content={content} variant={variant} isSaved={kept === content} />
          </Card>
        )}
      </div>
      <Adding
        isOpen={isAdding}
        close={() => add(false)}
        channels={channels}
        content={content}
        add={one => {
          change([...content.variants, one])
          choose(content.variants.length)
        }}
      />
    </>
  )
}

function Palette({ insert }: { insert: (variable: string) => void }) {
  const { say } = useSpeech()
  return (
    <div className="stack tight">
      <div className="quiet small">{say('contents.variables')}</div>
      <div className="row palette">
        {VARIABLES.map(variable => (
          <button
            key={variable}
            type="button"
            className="code"
            // the field that was written in keeps its place
            onMouseDown={event => event.preventDefault()}
            onClick={() => insert(variable)}
          >
            {variable}
          </button>
        ))}
      </div>
    </div>
  )
}

/** What holds for all variants. */
function Settings(props: { content: Content; write: (content: Content) => void; isStill: boolean }) {
  const { say, word } = useSpeech()
  const { content, write, isStill } = props
  const schema: Schema = {
    type: 'object',
    required: ['default_locale'],
    properties: {
      default_locale: {
        title: say('contents.defaultLocale'),
        description: say('contents.defaultLocaleAbout'),
        type: 'string',
        minLength: 2,
      },
      defaults: {
        title: say('contents.defaults'),
        description: say('contents.defaultsAbout'),
        type: 'object',
        additionalProperties: { type: 'string' },
      },
      sms_parts: {
        title: say('contents.smsParts'),
        description: say('contents.smsPartsAbout'),
        type: 'integer',
        minimum: 1,
        maximum: 10,
      },
    },
  }
  const { default_locale, defaults, sms_parts } = content
  return (
    <Card title={say('contents.forAll')}>
      <div className="stack">
        <NativeSelect
          label={say('message.purpose')}
          value={content.purpose ?? 'marketing'}
          disabled={isStill}
          data={(['marketing', 'transactional', 'staff'] as const).map(value => ({
            value,
            label: word('purpose', value),
          }))}
          onChange={event => write({ ...content, purpose: event.currentTarget.value as Content['purpose'] })}
        />
        <SchemaForm
          schema={schema}
          isStill={isStill}
          value={{ default_locale, defaults, ...(sms_parts ? { sms_parts } : {}) }}
          change={value => {
            const next = value as Pick<Content, 'default_locale' | 'defaults' | 'sms_parts'>
            write({ ...content, ...next, sms_parts: next.sms_parts, defaults: next.defaults ?? {} })
          }}
        />
      </div>
    </Card>
  )
}

function Adding(props: {
  isOpen: boolean
  close: () => void
  channels: Map<string, Schema>
  content: Content
  add: (variant: Variant) => void
}) {
  const { say } = useSpeech()
  const { channels, content, close } = props
  const names = [...channels.keys()]
  const [chosen, choose] = useState('')
  const [locale, speak] = useState('')
  const channel = chosen || (names[0] ?? '')
  const isThere = content.variants.some(
    one =>
      one.channel === channel &&
      (one.locale ?? content.default_locale) === (locale.trim() || content.default_locale),
  )
  return (
    <Modal
      opened={props.isOpen}
      onClose={close}
      title={say('contents.addVariant')}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault()
          const schema = channels.get(channel) ?? {}
          const body = blank(schema, schema) ?? {}
          props.add({ channel, body, ...(locale.trim() ? { locale: locale.trim() } : {}) })
          speak('')
          close()
        }}
      >
        <NativeSelect
          label={say('message.channel')}
          value={channel}
          data={names}
          onChange={event => choose(event.currentTarget.value)}
        />
        <TextInput
          label={say('customer.language')}
          description={say('contents.localeAbout')}
          placeholder={content.default_locale}
          value={locale}
          error={isThere && say('contents.isThere')}
          onChange={event => speak(event.currentTarget.value)}
        />
        <Button type="submit" disabled={isThere || !channel}>
          {say('contents.addVariant')}
        </Button>
      </form>
    </Modal>
  )
}
