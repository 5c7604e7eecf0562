/** The document behind the editor: what steps lead to, what changes do to it, and what is undone. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blankStep, blankStrategy, KINDS, proposeName, whole } from '../src/flow/blanks'
import { diff } from '../src/flow/diff'
import {
  canBeNamed,
  inOrder,
  insert,
  lead,
  nodeOf,
  remove,
  rename,
  type Strategy,
  TRIGGER,
  targetOf,
  waysOf,
} from '../src/flow/document'
import { FIELDS } from '../src/flow/fields'
import { exported, read, withoutKnown } from '../src/flow/file'
import { type History, tell } from '../src/flow/history'
import { draw } from '../src/flow/layout'
import { LIBRARY } from '../src/flow/library'
import { instantOf, localOf } from '../src/pieces/moment'
import { readSpan, writeSpan } from '../src/flow/span'

const held = { channels: ['inbox'], contents: ['hello'] }
const highValue = LIBRARY.find(one => one.key === 'highValue')?.strategy as Strategy

test('a step that is put in stands between those before and after', () => {
  const [strategy, name] = insert(blankStrategy('New'), { from: TRIGGER, path: ['next'] }, blankStep('message', held))
  expect(name).toBe('message')
  expect(strategy.trigger.next).toBe('message')
  expect(strategy.steps.message).toMatchObject({ kind: 'message', channel: 'inbox', next: 'exit' })
  const [twice, other] = insert(strategy, { from: 'message', path: ['next'] }, blankStep('message', held))
  expect(other).toBe('message-2')
  expect(inOrder(twice)).toEqual(['message', 'message-2', 'exit'])
})

test.each(KINDS)('a blank %s can be put in, led on, renamed and taken out', kind => {
  const [strategy, name] = insert(blankStrategy('New'), { from: TRIGGER, path: ['next'] }, blankStep(kind, held))
  const step = strategy.steps[name]
  expect(step?.kind).toBe(kind)
  for (const { path } of step ? waysOf(step) : []) {
    const led = lead(strategy, { from: name, path }, 'exit')
    expect(targetOf(led, { from: name, path })).toBe('exit')
  }
  const renamed = rename(strategy, name, 'other')
  expect(renamed.trigger.next).toBe('other')
  expect(Object.keys(remove(renamed, 'other').steps)).not.toContain('other')
  expect(targetOf(remove(renamed, 'other'), { from: TRIGGER, path: ['next'] })).not.toBe('other')
})

test('whoever came to a step that is taken out goes where it led', () => {
  const without = remove(highValue, 'a-day')
  expect(without.steps['free-shipping']).toMatchObject({ next: 'again' })
  expect(without.steps['five-percent']).toMatchObject({ next: 'again' })
  expect(remove(highValue, 'thanks').exits?.[0]?.then).toBe('done')
})

test('a step is renamed wherever it is named', () => {
  const strategy: Strategy = {
    ...blankStrategy('New'),
    steps: {
      ask: { kind: 'webhook', channel: 'x', answered: 'wait', failed: 'exit' },
      wait: { kind: 'wait', for: { read: { event: 'read', step: 'ask', next: 'c' } }, timeout: '1d', otherwise: 'c' },
      c: {
        kind: 'condition',
        rule: { combinator: 'and', not: false, rules: [{ field: 'step.ask.score', operator: '>', value: 1 }] },
        branches: { yes: 'ask', no: 'exit' },
        on_error: 'no',
      },
      exit: { kind: 'exit' },
    },
  }
  const text = JSON.stringify(rename(strategy, 'ask', 'score'))
  expect(text).not.toContain('"ask"')
  expect(text).toContain('step.score.score')
  expect(canBeNamed(strategy, 'ask', 'wait')).toBe(false)
  expect(canBeNamed(strategy, 'ask', '')).toBe(false)
  expect(canBeNamed(strategy, 'ask', 'ask')).toBe(true)
})

test('a fault is shown at the node that it is about', () => {
  const at = (path: string) => nodeOf({ path, message: '', severity: 'error' }, highValue)
  expect(at('steps.free-shipping.content')).toBe('free-shipping')
  expect(at('steps.a-day')).toBe('a-day')
  expect(at('trigger.settle')).toBe(TRIGGER)
  expect(at('exits[0].then')).toBe('$exit:0')
  expect(at('policies.cap')).toBeUndefined()
})

test('changes are undone one by one, and typing in a field all at once', () => {
  let history: History<string> = { past: [], now: 'a', future: [] }
  for (const to of ['ab', 'abc']) history = tell(history, { do: 'change', to, about: 'name' })
  history = tell(history, { do: 'change', to: 'z' })
  history = tell(history, { do: 'undo' })
  expect(history.now).toBe('abc')
  expect(tell(history, { do: 'redo' }).now).toBe('z')
  expect(tell(history, { do: 'undo' }).now).toBe('a')
  expect(tell(tell(history, { do: 'change', to: 'y' }), { do: 'redo' }).now).toBe('y')
})

test('a hundred steps have a place each, and none over another', () => {
  let strategy = blankStrategy('Long')
  for (let number = 0; number < 99; number += 1)
    [strategy] = insert(strategy, { from: TRIGGER, path: ['next'] }, blankStep('condition', held))
  const { places, lines } = draw(strategy)
  const steps = [...places].filter(([name]) => !name.startsWith('$'))
  expect(steps).toHaveLength(100)
  expect(new Set(steps.map(([, { x, y }]) => `${Math.round(x)},${Math.round(y)}`)).size).toBe(100)
  expect(lines.filter(line => line.open)).toHaveLength(99)
})

test('what yes leads to stands left of what no leads to, in whatever order the document names them', () => {
  const name = 'loyal'
  const steps: Strategy['steps'] = {
    five: { kind: 'message', channel: 'inbox', content: 'hello', next: 'over' },
    free: { kind: 'message', channel: 'inbox', content: 'hello', next: 'over' },
    [name]: { kind: 'condition', plugin: 'high-value@1', branches: { no: 'five', yes: 'free' }, on_error: 'no' },
    over: { kind: 'exit' },
  }
  const strategy = { ...blankStrategy('New'), steps, trigger: { on: 'cart' as const, next: name } } as Strategy
  const { places } = draw(strategy)
  expect(places.get('free')?.x).toBeLessThan(places.get('five')?.x ?? 0)
})

test('a way back is drawn without turning the picture upside down', () => {
  const [one, message] = insert(blankStrategy('New'), { from: TRIGGER, path: ['next'] }, blankStep('message', held))
  const [two, repeat] = insert(one, { from: message, path: ['next'] }, blankStep('repeat', held))
  const { places } = draw(lead(two, { from: repeat, path: ['next'] }, message))
  expect(places.get(message)?.y).toBeLessThan(places.get(repeat)?.y ?? 0)
})

test('versions differ part by part', () => {
  const step = highValue.steps['a-day']
  const changed: Strategy = {
    ...remove(highValue, 'again'),
    policies: { ...highValue.policies, priority: 5 },
    steps: { ...remove(highValue, 'again').steps, 'a-day': { ...step, for: '48h' } as typeof step & object },
  }
  const found = diff(highValue, changed)
  expect(found.find(one => one.part === 'steps.again')?.what).toBe('removed')
  expect(found.find(one => one.part === 'steps.a-day')?.fields).toContainEqual({ path: 'for', before: '24h', after: '48h' })
  expect(found.find(one => one.part === 'policies')?.what).toBe('changed')
  expect(found.map(one => one.part)).not.toContain('steps.loyal')
  expect(diff(highValue, structuredClone(highValue))).toEqual([])
})

test('what is exported can be read again, with every content that is named', () => {
  const bare = withoutKnown(highValue, ['free shipping', 'five percent'])
  expect(bare.contents?.map(one => one.name)).toEqual(['second reminder', 'thanks'])
  const whole = exported(bare, highValue.contents ?? [])
  expect(read(JSON.stringify(whole))?.contents).toHaveLength(4)
  for (const text of ['', 'null', '[]', '{"name":"x"}', '{"trigger":{},"steps":{"a":1}}']) expect(read(text)).toBeUndefined()
})

test.each(LIBRARY.flatMap(({ key, strategy }) => (strategy ? [[key, strategy] as const] : [])))(
  '%s of the library leaves out what files may leave out, and the editor fills it in',
  (_, strategy) => {
    const filled = whole(strategy)
    expect(filled.policies).toMatchObject({ reentry: 'always', capped: 'skip' })
    expect(filled.trigger.key).toBe('customer')
    for (const exit of filled.exits ?? []) expect(exit.match).toBe('customer')
    expect(filled.policies.window).toEqual(strategy.policies?.window)
  },
)

test('a proposed name is nobody else’s', () => {
  expect(proposeName('Reminder', [])).toBe('Reminder')
  expect(proposeName('Reminder', ['reminder', 'Reminder 2'])).toBe('Reminder 3')
})

test('lengths of time keep the unit they were written in', () => {
  expect(readSpan('90m')).toEqual({ number: 90, unit: 'm' })
  expect(readSpan('1d 12h')).toEqual({ number: 36, unit: 'h' })
  expect(readSpan('24h')).toEqual({ number: 24, unit: 'h' })
  expect(readSpan(null)).toBeUndefined()
  expect(writeSpan(3, 'd')).toBe('3d')
})

test('a local time is the instant at which clocks of the shop show it, also where they change', () => {
  for (const [local, instant] of [
    ['2026-11-02T10:00', '2026-11-02T09:00:00.000Z'],
    ['2026-07-01T10:00', '2026-07-01T08:00:00.000Z'],
    ['2026-10-25T01:30', '2026-10-24T23:30:00.000Z'],
    ['2026-10-25T04:00', '2026-10-25T03:00:00.000Z'],
  ] as const) {
    expect(instantOf(local, 'Europe/Berlin')).toBe(instant)
    expect(localOf(instant, 'Europe/Berlin')).toBe(local)
  }
})

test('the rule builder knows every field of the service, and no other', () => {
  const source = readFileSync(join(import.meta.dirname, '../../crates/domain/src/rule/field.rs'), 'utf8')
  const known = [...source.matchAll(/\("([\w.]+)", FieldKind::(\w+)\)/g)].map(([, name, kind]) => [
    name,
    kind?.toLowerCase(),
  ])
  expect(known.length).toBeGreaterThan(20)
  expect(Object.fromEntries(known)).toEqual(FIELDS)
})
