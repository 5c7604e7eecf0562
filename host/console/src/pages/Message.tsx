/** One message: what it says, where it stands, each attempt and receipt, and the decision that it came from. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Answer } from '../pieces/Answer'
import { attemptsOf } from '../pieces/attempts'
import { Card } from '../pieces/Card'
import { CustomerLink } from '../pieces/names'
import { Page } from '../pieces/Page'
import { Said } from '../pieces/Said'
import { MessageState, useMessageReason } from '../pieces/states'
import { Trace, useSentence, useTrace } from '../pieces/Trace'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Message() {
  const { message: id } = useParams({ from: '/$shop/messages/$message' })
  const { say } = useSpeech()
  const { shop } = useVisit()
  const message = useQuery({
    queryKey: ['shop', shop.id, 'message', id],
    queryFn: () => take(api.GET('/v1/messages/{message}', { params: { path: { message: id } } })),
    refetchInterval: 5_000,
  })
  return (
    <Page title={say('message.title')}>
      <Answer of={message}>
        {known => (
          <div className="split">
            <History message={known} />
            <div className="stack">
              <Details message={known} />
              <Attempts message={known} />
              <Says message={known} />
              <Links message={known} />
            </div>
          </div>
        )}
      </Answer>
    </Page>
  )
}

function Details({ message }: { message: Schemas['MessageView'] }) {
  const { say, word, moment, price } = useSpeech()
  const { shop } = useVisit()
  const reason = useMessageReason()(message)
  const line = (term: string, value: ReactNode) => (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  )
  return (
    <Card title={say('message.stands')}>
      <dl className="terms narrow">
        {line(
          say('message.state'),
          <span className="row">
            <MessageState message={message} />
            {reason}
          </span>,
        )}
        {line(say('message.customer'), <CustomerLink id={message.customer} />)}
        {message.to && line(say('message.to'), <bdi>{message.to.value}</bdi>)}
        {line(say('message.channel'), <bdi>{message.channel}</bdi>)}
        {message.sender && line(say('message.sender'), <bdi>{message.sender}</bdi>)}
        {line(say('message.content'), <bdi>{message.content}</bdi>)}
        {line(say('message.purpose'), word('purpose', message.purpose))}
        {message.due_at && line(say('run.next'), moment(message.due_at, shop.time_zone))}
        {line(say('message.late'), moment(message.late_after, shop.time_zone))}
        {message.provider_id &&
          line(say('message.providerId'), <span className="code">{message.provider_id}</span>)}
        {message.price && line(say('message.price'), price(message.price))}
        {message.last_answer &&
          line(say('message.answer'), <span dir="auto">{message.last_answer.text}</span>)}
      </dl>
    </Card>
  )
}

/** Each time that it was handed over, with what was answered, and the receipts that came. */
function Attempts({ message }: { message: Schemas['MessageView'] }) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const sentence = useSentence()
  const trace = useTrace(message.run)
  const { attempts, receipts } = attemptsOf(trace.data?.items ?? [], message.id)
  if (attempts.length + receipts.length === 0) return null
  const at = (instant: string | number) => (
    <time className="quiet small" dateTime={String(instant)}>
      {moment(instant, shop.time_zone)}
    </time>
  )
  return (
    <Card title={say('message.attempts')}>
      <ol className="plain stack">
        {attempts.map(({ number, at: began, answer }) => (
          <li key={`attempt ${number}`}>
            <div className="row">
              <b>{say('message.attempt', { n: number })}</b> {at(began)}
            </div>
            <div className="row">
              {answer ? sentence(answer) : say('message.noAnswer')} {answer && at(answer.at)}
            </div>
          </li>
        ))}
        {receipts.map(({ kind, at: came }) => (
          <li key={`receipt ${kind}`} className="row">
            <b>{word('receipt', kind)}</b> {at(came)}
          </li>
        ))}
      </ol>
    </Card>
  )
}

function Says({ message }: { message: Schemas['MessageView'] }) {
  const { say } = useSpeech()
  if (!message.rendered) return null
  return (
    <Card title={say('message.says')}>
      <Said document={message.rendered} />
    </Card>
  )
}

/** Its short links, and who used them. */
function Links({ message }: { message: Schemas['MessageView'] }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  if (!message.links?.length) return null
  return (
    <Card title={say('message.links')}>
      <dl className="terms narrow">
        {message.links.map(link => (
          <div key={`${link.name} ${link.url}`}>
            <dt>
              <bdi>{link.name ?? link.url}</bdi>
              {link.name && (
                <p className="quiet small">
                  <bdi>{link.url}</bdi>
                </p>
              )}
            </dt>
            <dd>
              <span>{say('message.clicks', { n: link.clicks })}</span>
              {link.last_click_at && (
                <p className="quiet small">
                  {say('message.lastClick', { at: moment(link.last_click_at, shop.time_zone) })}
                </p>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}

/** The lines of the run's trace that are about the message, and those that led to it. */
function History({ message }: { message: Schemas['MessageView'] }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const trace = useTrace(message.run)
  return (
    <Card
      title={say('message.why')}
      side={
        <Link to="/$shop/runs/$run" params={{ shop: shop.id, run: message.run }}>
          {say('message.wholeRun')}
        </Link>
      }
    >
      <Answer of={trace}>{({ items }) => <Trace lines={items.map(entry => ({ entry }))} here={message.id} />}</Answer>
    </Card>
  )
}
