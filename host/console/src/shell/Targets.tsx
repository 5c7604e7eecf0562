/** Who is told of alerts, or of what customers write: over which of the shop's channels, to whom; and a sample for each,
 * to see that it arrives. */
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Plus, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, Refusal, type Schemas, take } from '../api/client'
import { Answer, Trouble } from '../pieces/Answer'
import { Outcome } from '../pieces/Outcome'
import { may, queries } from '../session'
import { useSpeech } from '../words'
import { useVisit } from './shop'

type Target = Schemas['AlertTarget']
type Shop = Schemas['Shop']
/** What is left out stays. */
type Change = Schemas['ShopChange']

/** What alerts are written for; the service says the same. */
const WRITTEN_FOR = ['email', 'slack', 'webhook', 'sms', 'inbox']

const WORDS = {
  alerts: { nobody: 'alerts.noTargets', about: 'alerts.targetsAbout' },
  replies: { nobody: 'replies.noTargets', about: 'replies.targetsAbout' },
} as const

/** What can carry a text at any time; the service says the same. */
const canTell = (of: 'alerts' | 'replies', ability?: Schemas['ChannelAbility'] | null) =>
  of === 'alerts'
    ? WRITTEN_FOR.includes(ability?.channel ?? '')
    : ability?.channel === 'webhook' || Boolean(ability?.plain && !ability.answers)

type Of = keyof typeof WORDS

export function Targets({ of }: { of: Of }) {
  const { shop } = useVisit()
  const key = ['shop', shop.id, 'itself', 'targets']
  const found = useQuery({
    queryKey: key,
    queryFn: () => take(api.GET('/v1/shops/{shop}', { params: { path: { shop: shop.id } } })),
    // What is being written must not be taken away by a look at what is kept.
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Answer of={found}>
      {known => <Form of={of} kept={known[of] ?? []} save={one => queries.setQueryData(key, one)} />}
    </Answer>
  )
}

function Form(props: { of: Of; kept: Target[]; save: (shop: Shop) => void }) {
  const { of, kept, save } = props
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [asked, write] = useState(kept)
  const isStill = !may(shop, 'own')
  const connected = useQuery({
    queryKey: ['shop', shop.id, 'channels'],
    queryFn: () => take(api.GET('/v1/channels')),
  })
  const saved = useMutation({
    mutationFn: () => {
      const params = { path: { shop: shop.id } }
      const targets = asked.map(({ channel, to }) => ({ channel, to: to.trim() }))
      const change: Partial<Change> = { [of]: targets }
      return take(api.PATCH('/v1/shops/{shop}', { params, body: change as Change }))
    },
    onSuccess: after => {
      save(after)
      write(after[of] ?? [])
    },
  })
  const refusal = saved.error instanceof Refusal ? saved.error : undefined
  const able = (connected.data?.items ?? []).filter(one => canTell(of, one.ability))
  const change = (targets: Target[]) => {
    saved.reset()
    write(targets)
  }
  const set = (place: number, part: Partial<Target>) =>
    change(asked.map((one, at) => (at === place ? { ...one, ...part } : one)))
  const isKept = (one: Target) => kept.some(known => known.channel === one.channel && known.to === one.to)
  // A channel that is gone stays readable until somebody chooses another.
  const namesFor = (one: Target) => [...new Set([...able.map(({ name }) => name), one.channel])]
  if (isStill && asked.length === 0) return <p className="quiet">{say(WORDS[of].nobody)}</p>
  return (
    <div className="stack">
      <p className="quiet small">{say(WORDS[of].about)}</p>
      {asked.length === 0 && <p>{say(WORDS[of].nobody)}</p>}
      {connected.data && able.length === 0 && <p>{say('alerts.noChannels')}</p>}
      {refusal && !refusal.errors.some(error => error.field.startsWith(`${of}[`)) && <Trouble error={refusal} />}
      {saved.error && !refusal && <Trouble error={saved.error} />}
      <ul className="plain records">
        {asked.map((one, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a place is all that tells two apart while they are written
          <li key={place} className="stack tight">
            <div className="row targets">
              <NativeSelect
                label={say('message.channel')}
                value={one.channel}
                disabled={isStill}
                data={namesFor(one)}
                error={refusal?.of(`${of}[${place}].channel`)}
                onChange={event => set(place, { channel: event.currentTarget.value })}
              />
              <TextInput
                label={say('alerts.to')}
                value={one.to}
                disabled={isStill}
                dir="auto"
                error={refusal?.of(`${of}[${place}].to`) ?? refusal?.of(`${of}[${place}]`)}
                onChange={event => set(place, { to: event.currentTarget.value })}
              />
              {!isStill && (
                <Button
                  variant="default"
                  leftSection={<Trash2 size={16} aria-hidden />}
                  onClick={() => change(asked.filter((_, at) => at !== place))}
                >
                  {say('people.remove')} <span className="unseen">{one.to}</span>
                </Button>
              )}
            </div>
            {!isStill && of === 'alerts' && <Sample of={one} isKept={isKept(one)} />}
          </li>
        ))}
      </ul>
      {!isStill && (
        <div className="row">
          <Button loading={saved.isPending} onClick={() => saved.mutate()}>
            {say('storefront.save')}
          </Button>
          {able[0] && (
            <Button
              variant="default"
              leftSection={<Plus size={16} aria-hidden />}
              onClick={() => change([...asked, { channel: able[0]?.name ?? '', to: '' }])}
            >
              {say('alerts.add')}
            </Button>
          )}
          <span className="quiet small" role="status">
            {saved.isSuccess && say('alerts.saved')}
          </span>
        </div>
      )}
    </div>
  )
}

/** A sample goes where alerts go, so it goes once that is saved. */
function Sample({ of, isKept }: { of: Target; isKept: boolean }) {
  const { say } = useSpeech()
  const sent = useMutation({ mutationFn: () => take(api.POST('/v1/alerts/test', { body: of })) })
  return (
    <div className="stack tight">
      <div className="row">
        <Button
          size="xs"
          variant="light"
          leftSection={<Send size={14} aria-hidden />}
          disabled={!isKept}
          loading={sent.isPending}
          onClick={() => sent.mutate()}
        >
          {say('tests.title')} <span className="unseen">{of.to}</span>
        </Button>
        {!isKept && <span className="quiet small">{say('alerts.saveFirst')}</span>}
      </div>
      {sent.error && <Trouble error={sent.error} />}
      {sent.data && isKept && <Outcome of={sent.data} />}
    </div>
  )
}
