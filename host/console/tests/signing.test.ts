/** Where somebody is sent after signing in. */
import { expect, test } from 'vitest'
import { inside } from '../src/inside'

test('only addresses of the console are gone to', () => {
  expect(inside('/0192/people')).toBe('/0192/people')
  for (const to of [
    undefined,
    '',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
  ]) {
    expect(inside(to), to).toBe('/')
  }
})
