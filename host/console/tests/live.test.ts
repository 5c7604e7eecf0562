/** A stream of events is cut where they end, whatever pieces it comes in. */
import { expect, test } from 'vitest'
import { events, pause } from '../src/pieces/live'

test('an event counts when it is whole', () => {
  expect(events('event: ready\ndata: {}\n\nevent: mess')).toEqual({ names: ['ready'], rest: 'event: mess' })
  expect(events('event: message\ndata: {"a":1}\n\n: still here\n\n')).toEqual({
    names: ['message'],
    rest: '',
  })
  expect(events('')).toEqual({ names: [], rest: '' })
})

test('who listens in vain waits longer each time, and half a minute at most', () => {
  expect([0, 1, 2, 9].map(pause)).toEqual([250, 2_000, 4_000, 30_000])
})
