/** A content sent to the shop's own people, through the real channel (S26). */
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Send } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { Outcome } from '../pieces/Outcome'
import { useDoing } from '../plugins/plugin'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import type { Content, Variant } from './content'

type Address = Schemas['TestAddressView']

export function TestSend(props: { content: Content; variant: Variant; customer: string; isSaved: boolean }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { content, variant, customer, isSaved } = props
  const connected = useQuery({
    queryKey: ['shop', shop.id, 'channels'],
    queryFn: () => take(api.GET('/v1/channels')),
  })
  const known = useQuery({
    queryKey: ['shop', shop.id, 'test-addresses'],
    queryFn: () => take(api.GET('/v1/test-addresses', { params: { query: { limit: 200 } } })),
  })
  const [channelChosen, chooseChannel] = useState('')
  const [addressChosen, chooseAddress] = useState('')
  const [isAdding, add] = useState(false)
  const channels = (connected.data?.items ?? []).filter(one => one.ability?.channel === variant.channel)
  const channel = channels.find(one => one.name === channelChosen) ?? channels[0]
  const fits = (one: Address) => one.confirmed_at && channel?.ability?.addresses.includes(one.kind)
  const addresses = (known.data?.items ?? []).filter(fits)
  const to = addresses.find(one => one.value === addressChosen)?.value ?? addresses[0]?.value
  const sending = useDoing(() =>
    take(
      api.POST('/v1/contents/{name}/test-send', {
        params: { path: { name: content.name } },
        body: {
          channel: channel?.name ?? '',
          to: to ?? '',
          language: variant.locale ?? content.default_locale,
          customer: customer || null,
        },
      }),
    ),
  )
  if (!channel) return null
  return (
    <section className="stack" aria-label={say('tests.title')}>
      <h3>{say('tests.title')}</h3>
      <p className="quiet small">{say('tests.about')}</p>
      {channels.length > 1 && (
        <NativeSelect
          label={say('message.channel')}
          value={channel.name}
          data={channels.map(one => one.name)}
          onChange={event => chooseChannel(event.currentTarget.value)}
        />
      )}
      {to ? (
        <NativeSelect
          label={say('tests.to')}
          value={to}
          data={addresses.map(one => one.value)}
          onChange={event => chooseAddress(event.currentTarget.value)}
        />
      ) : (
        <p>{say('tests.noAddress')}</p>
      )}
      <div className="row">
        <Button
          leftSection={<Send size={16} aria-hidden />}
          disabled={!to || !isSaved}
          loading={sending.isPending}
          onClick={() => sending.mutate()}
        >
          {say('tests.send')}
        </Button>
        {!isAdding && (
          <Button variant="subtle" onClick={() => add(true)}>
            {say('tests.add')}
          </Button>
        )}
      </div>
      {!isSaved && <p className="quiet small">{say('tests.saveFirst')}</p>}
      {sending.error && <Trouble error={sending.error} />}
      {sending.data && <Outcome of={sending.data} />}
      {isAdding && (
        <Adding
          channel={channel.name}
          done={value => {
            chooseAddress(value)
            add(false)
          }}
        />
      )}
      <Last content={content.name} />
    </section>
  )
}

/** Who tried it last, where, and what became of that. */
function Last({ content }: { content: string }) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const sent = useQuery({
    queryKey: ['shop', shop.id, 'test-sends'],
    queryFn: () => take(api.GET('/v1/test-sends', { params: { query: { limit: 50 } } })),
  })
  const of = (sent.data?.items ?? []).filter(one => one.content === content).slice(0, 5)
  if (of.length === 0) return null
  return (
    <div className="stack tight">
      <h4>{say('tests.last')}</h4>
      <ul className="plain small">
        {of.map(one => (
          <li key={one.id}>
            <time dateTime={String(one.at)}>{moment(one.at, shop.time_zone)}</time> · <bdi>{one.by}</bdi> ·{' '}
            <bdi>{one.to.value}</bdi> · {word('messageState', one.state)}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** An address is the shop's own once the code that was sent to it was typed in. */
function Adding({ channel, done }: { channel: string; done: (value: string) => void }) {
  const { say } = useSpeech()
  const [typed, write] = useState('')
  const [code, read] = useState('')
  const asked = useDoing(async () => {
    const answer = await take(api.POST('/v1/test-addresses', { body: { channel, to: typed.trim() } }))
    if (answer.address.confirmed_at) done(answer.address.value)
    return answer
  })
  const address = asked.data?.address
  const confirmed = useDoing(async () => {
    if (!address) return
    const { kind, value } = address
    await take(api.POST('/v1/test-addresses/confirm', { body: { kind, value, code: code.trim() } }))
    done(value)
  })
  const sent = asked.data?.sent
  const submit = (doing: { mutate: () => void }) => (event: FormEvent) => {
    event.preventDefault()
    doing.mutate()
  }
  return (
    <div className="stack">
      <form className="stack" onSubmit={submit(asked)}>
        <TextInput
          label={say('tests.address')}
          description={say('tests.addressAbout')}
          value={typed}
          dir="auto"
          onChange={event => write(event.currentTarget.value)}
        />
        <div>
          <Button type="submit" variant="default" loading={asked.isPending} disabled={!typed.trim()}>
            {say('tests.askCode')}
          </Button>
        </div>
      </form>
      {asked.error && <Trouble error={asked.error} />}
      {sent && <Outcome of={sent} />}
      {sent && (
        <form className="stack" onSubmit={submit(confirmed)}>
          <TextInput
            label={say('tests.code')}
            description={say('tests.codeAbout')}
            value={code}
            inputMode="numeric"
            autoComplete="one-time-code"
            onChange={event => read(event.currentTarget.value)}
          />
          <div>
            <Button type="submit" variant="default" loading={confirmed.isPending} disabled={!code.trim()}>
              {say('tests.confirm')}
            </Button>
          </div>
          {confirmed.error && <Trouble error={confirmed.error} />}
        </form>
      )}
    </div>
  )
}
