/** What became of a message each time it was handed over, read from the trace of its run. */
import type { traceOf } from './Trace'

type Entry = Awaited<ReturnType<typeof traceOf>>['items'][number]
type OfMessage = Extract<Entry, { what: 'message' }>
type Receipt = Extract<OfMessage, { state: 'receipt' }>

export type Attempt = {
  /** From 1. */
  number: number
  at: Entry['at']
  /** None while nobody has answered, and for good where nobody ever did. */
  answer?: OfMessage
}

const ANSWERS: OfMessage['state'][] = ['accepted', 'rejected', 'again', 'held', 'uncertain']

/** Its attempts and its receipts, each oldest first. */
export function attemptsOf(trace: Entry[], message: string): { attempts: Attempt[]; receipts: Receipt[] } {
  const attempts: Attempt[] = []
  const receipts: Receipt[] = []
  for (const entry of trace) {
    if (entry.what !== 'message' || entry.message !== message) continue
    const last = attempts.at(-1)
    if (entry.state === 'handed_over') attempts.push({ number: entry.attempt, at: entry.at })
    else if (entry.state === 'receipt') receipts.push(entry)
    else if (last && !last.answer && ANSWERS.includes(entry.state)) last.answer = entry
  }
  return { attempts, receipts }
}
