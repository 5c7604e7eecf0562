/** What a customer wrote and was answered. */
import { Link } from '@tanstack/react-router'
import type { Schemas } from '../api/client'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { Tag, type Tone } from './Tag'

export type Reply = Schemas['ReplyView']
type Sent = Schemas['ReplySend']

const TONES: Record<Sent['state'], Tone> = {
  queued: 'plain',
  handed_over: 'plain',
  accepted: 'good',
  rejected: 'bad',
  uncertain: 'warn',
  dropped: 'bad',
}

/** The text; what came without one stands at the provider. */
export function useTextOf() {
  const { say } = useSpeech()
  return (reply: Reply) => (reply.text ? `${reply.text}${reply.cut ? '…' : ''}` : say('replies.noText'))
}

/** Whether it waits, or why it does not. */
export function Standing({ reply }: { reply: Reply }) {
  const { say } = useSpeech()
  if (!reply.asks) return <Tag tone="plain">{say('replies.asksNothing')}</Tag>
  return reply.waits ? (
    <Tag tone="warn">{say('replies.waits')}</Tag>
  ) : (
    <Tag tone="good">{say('replies.answered')}</Tag>
  )
}

/** What became of an answer: the furthest receipt, else where it stands. */
export function AnswerState({ answer }: { answer: Sent }) {
  const { word } = useSpeech()
  const furthest = answer.state === 'accepted' && answer.receipt
  return (
    <span className="stack tight">
      <span>
        <Tag tone={TONES[answer.state]}>
          {furthest ? word('receipt', furthest) : word('answerState', answer.state)}
        </Tag>
      </span>
      {answer.last_answer && (
        <span className="small" lang="en" dir="auto">
          {answer.last_answer.text}
        </span>
      )}
    </span>
  )
}

/** One reply with its answers below it. */
export function Exchange({ reply, linked }: { reply: Reply; linked?: boolean }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const textOf = useTextOf()
  return (
    <li className="stack tight">
      <p className="bubble" dir="auto">
        {textOf(reply)}
      </p>
      <span className="row quiet small">
        <time dateTime={String(reply.at)}>{moment(reply.at, shop.time_zone)}</time>
        <bdi>{reply.channel}</bdi>
        <Standing reply={reply} />
        {linked && (
          <Link to="/$shop/replies" params={{ shop: shop.id }} search={{ reply: reply.id }}>
            {say('replies.open')}
          </Link>
        )}
      </span>
      {reply.answers.map(answer => (
        <div key={answer.id} className="stack tight answer">
          <p dir="auto">{answer.text}</p>
          <span className="row quiet small">
            <time dateTime={String(answer.at)}>{moment(answer.at, shop.time_zone)}</time>
            {answer.by && <bdi>{answer.by}</bdi>}
          </span>
          <AnswerState answer={answer} />
        </div>
      ))}
    </li>
  )
}
