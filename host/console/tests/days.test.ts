/** Days of a shop's zone, also where the clocks are put. */
import { expect, test } from 'vitest'
import { beginning, end } from '../src/pieces/days'

test('a day begins at midnight of the zone, and is over where the next begins', () => {
  expect(beginning('2026-11-02', 'Europe/Berlin')).toBe('2026-11-01T23:00:00.000Z')
  expect(end('2026-11-02', 'Europe/Berlin')).toBe('2026-11-02T23:00:00.000Z')
  expect(beginning('2026-11-02', 'Asia/Ho_Chi_Minh')).toBe('2026-11-01T17:00:00.000Z')
  expect(beginning('2026-11-02', 'America/New_York')).toBe('2026-11-02T05:00:00.000Z')
})

test('the days on which the clocks are put have 23 and 25 hours', () => {
  expect(beginning('2026-03-29', 'Europe/Berlin')).toBe('2026-03-28T23:00:00.000Z')
  expect(end('2026-03-29', 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z')
  expect(beginning('2026-10-25', 'Europe/Berlin')).toBe('2026-10-24T22:00:00.000Z')
  expect(end('2026-10-25', 'Europe/Berlin')).toBe('2026-10-25T23:00:00.000Z')
})

test('what is no day bounds nothing', () => {
  for (const day of [undefined, '', 'soon', '2026-1-1', '2026-99-99']) {
    expect(beginning(day, 'UTC'), day).toBe(undefined)
  }
})
