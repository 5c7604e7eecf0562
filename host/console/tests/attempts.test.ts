/** What a message's page tells of each attempt. */
import { expect, test } from 'vitest'
import { attemptsOf } from '../src/pieces/attempts'

type Trace = Parameters<typeof attemptsOf>[0]

const details = { text: 'slow down' }
const said = (minute: number, state: object, message = 'ours') => ({
  at: `2026-11-02T09:0${minute}:00Z`,
  what: 'message',
  message,
  ...state,
})
const TRACE = [
  said(0, { state: 'waits_for_window', until: '2026-11-02T09:01:00Z' }),
  said(1, { state: 'handed_over', attempt: 1 }),
  said(1, { state: 'handed_over', attempt: 1 }, 'another'),
  said(1, { state: 'accepted' }, 'another'),
  said(2, { state: 'again', at: '2026-11-02T09:03:00Z', class: 'rate_limited', details }),
  said(3, { state: 'held', reason: 'auth' }),
  said(4, { state: 'handed_over', attempt: 2 }),
  said(5, { state: 'handed_over', attempt: 3 }),
  said(6, { state: 'accepted' }),
  said(7, { state: 'receipt', kind: 'delivered' }),
] as unknown as Trace

test('each attempt stands with its own answer, and receipts stand apart', () => {
  const { attempts, receipts } = attemptsOf(TRACE, 'ours')
  expect(attempts.map(one => [one.number, one.answer?.state])).toEqual([
    [1, 'again'],
    [2, undefined],
    [3, 'accepted'],
  ])
  expect(receipts.map(one => one.kind)).toEqual(['delivered'])
})

test('a message that never left has neither', () => {
  expect(attemptsOf(TRACE.slice(0, 1), 'ours')).toEqual({ attempts: [], receipts: [] })
})
