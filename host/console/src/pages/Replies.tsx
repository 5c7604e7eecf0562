/** What customers write: those that wait first, one of them beside what was said before, and the answer to it. */
import { Alert, Button, NativeSelect, Textarea } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { CircleAlert, MessagesSquare, Send } from 'lucide-react'
import { useState } from 'react'
import { api, Refusal, type Schemas, take } from '../api/client'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { More, usePages } from '../pieces/lists'
import { CustomerLink } from '../pieces/names'
import { Page } from '../pieces/Page'
import { Exchange, type Reply, Standing, useTextOf } from '../pieces/Replies'
import { MessageState } from '../pieces/states'
import { may, queries } from '../session'
import { Targets } from '../shell/Targets'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

/** So much of what was said before stands beside a reply. */
const BEFORE = 10

export function Replies() {
  const { say } = useSpeech()
  const { reply } = useSearch({ from: '/$shop/replies' })
  return (
    <Page title={say('nav.replies')} about={say('replies.about')}>
      <div className="split">
        {reply ? (
          <div className="stack">
            <Opened key={reply} id={reply} />
          </div>
        ) : (
          <All />
        )}
        <div className="stack">
          {reply && <All chosen={reply} />}
          <Card title={say('replies.targets')}>
            <Targets of="replies" />
          </Card>
        </div>
      </div>
    </Page>
  )
}

function All({ chosen }: { chosen?: string }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const { all } = useSearch({ from: '/$shop/replies' })
  const navigate = useNavigate({ from: '/$shop/replies' })
  const textOf = useTextOf()
  const found = usePages(['replies', all], after =>
    take(api.GET('/v1/replies', { params: { query: { after, limit: 30, unanswered: !all } } })),
  )
  const items = found.data?.pages.flatMap(page => page.items)
  return (
    <Card title={say('replies.list')}>
      <div className="stack">
        <NativeSelect
          label={say('replies.show')}
          value={all ? 'all' : 'waiting'}
          data={[
            { value: 'waiting', label: say('replies.waiting') },
            { value: 'all', label: say('replies.all') },
          ]}
          onChange={event => {
            const all = event.currentTarget.value === 'all' || undefined
            navigate({ search: before => ({ ...before, all }), replace: true })
          }}
        />
        {found.error && <Trouble error={found.error} />}
        {items?.length === 0 && (
          <Empty icon={MessagesSquare}>{say(all ? 'replies.none' : 'replies.noneWaits')}</Empty>
        )}
        <ul className="plain records">
          {items?.map(reply => (
            <li key={reply.id} className="stack tight">
              <Link
                to="/$shop/replies"
                params={{ shop: shop.id }}
                search={{ reply: reply.id, ...(all ? { all } : {}) }}
                aria-current={reply.id === chosen ? 'true' : undefined}
                className="cut"
                dir="auto"
              >
                {textOf(reply)}
              </Link>
              <span className="row quiet small">
                <bdi>{reply.from?.value ?? reply.channel}</bdi>
                <time dateTime={String(reply.at)}>{moment(reply.at, shop.time_zone)}</time>
                <Standing reply={reply} />
              </span>
            </li>
          ))}
        </ul>
        <More of={found} />
      </div>
    </Card>
  )
}

function Opened({ id }: { id: string }) {
  const { shop } = useVisit()
  const found = useQuery({
    queryKey: ['shop', shop.id, 'reply', id],
    queryFn: () => take(api.GET('/v1/replies/{reply}', { params: { path: { reply: id } } })),
    refetchInterval: 3_000,
  })
  return (
    <Answer of={found}>
      {reply => (
        <>
          <Before reply={reply} />
          <Write reply={reply} />
        </>
      )}
    </Answer>
  )
}

/** What was said before, oldest first: what went out and what came back. */
function Before({ reply }: { reply: Schemas['ShownReply'] }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const query = { customer: reply.customer, limit: BEFORE }
  const replies = useQuery({
    queryKey: ['shop', shop.id, 'replies', 'of', reply.customer],
    queryFn: () => take(api.GET('/v1/replies', { params: { query } })),
    refetchInterval: 3_000,
  })
  const messages = useQuery({
    queryKey: ['shop', shop.id, 'messages', 'of', reply.customer],
    queryFn: () => take(api.GET('/v1/messages', { params: { query } })),
  })
  const known = replies.data?.items ?? [reply]
  const said: Reply[] = known.some(one => one.id === reply.id) ? known : [reply, ...known]
  const lines = [
    ...said.map(one => ({ at: one.at, shown: <Exchange key={one.id} reply={one} /> })),
    ...(messages.data?.items ?? []).map(one => ({
      at: one.handed_over_at ?? one.created_at,
      shown: (
        <li key={one.id} className="row quiet small">
          <time dateTime={String(one.created_at)}>
            {moment(one.handed_over_at ?? one.created_at, shop.time_zone)}
          </time>
          <bdi>{one.channel}</bdi>
          <Link to="/$shop/messages/$message" params={{ shop: shop.id, message: one.id }}>
            <bdi>{one.content}</bdi>
          </Link>
          <MessageState message={one} />
        </li>
      ),
    })),
  ].sort((a, b) => Date.parse(String(a.at)) - Date.parse(String(b.at)))
  return (
    <Card title={say('replies.said')} side={<CustomerLink id={reply.customer} />}>
      <ul className="plain stack">{lines.map(line => line.shown)}</ul>
    </Card>
  )
}

function Write({ reply }: { reply: Schemas['ShownReply'] }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [text, write] = useState('')
  const sent = useMutation({
    mutationFn: () =>
      take(api.POST('/v1/replies/{reply}/answer', { params: { path: { reply: reply.id } }, body: { text } })),
    onSuccess: () => {
      write('')
      queries.invalidateQueries({ queryKey: ['shop', shop.id, 'reply'] })
      queries.invalidateQueries({ queryKey: ['shop', shop.id, 'replies'] })
    },
  })
  const refusal = sent.error instanceof Refusal ? sent.error : undefined
  if (!may(shop, 'edit')) return <p className="quiet">{say('replies.onlyEditors')}</p>
  if (reply.closed) {
    const title = say(reply.closed.code === 'window_closed' ? 'replies.tooLate' : 'replies.closed')
    return (
      <Alert color="yellow" variant="light" icon={<CircleAlert aria-hidden />} title={title}>
        <p lang="en" dir="auto">
          {reply.closed.detail}
        </p>
      </Alert>
    )
  }
  return (
    <Card title={say('replies.answer')}>
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault()
          sent.mutate()
        }}
      >
        {sent.error && !refusal?.of('text') && <Trouble error={sent.error} />}
        <Textarea
          label={say('replies.text')}
          description={say('replies.textAbout', { channel: reply.channel })}
          value={text}
          dir="auto"
          autosize
          minRows={3}
          maxRows={12}
          error={refusal?.of('text')}
          onChange={event => write(event.currentTarget.value)}
        />
        <div className="row">
          <Button
            type="submit"
            leftSection={<Send size={16} aria-hidden />}
            loading={sent.isPending}
            disabled={text.trim() === ''}
          >
            {say('replies.send')}
          </Button>
          <span className="quiet small" role="status">
            {sent.isSuccess && text === '' && say('replies.sent')}
          </span>
        </div>
      </form>
    </Card>
  )
}
