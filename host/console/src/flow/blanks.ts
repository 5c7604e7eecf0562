/** What begins empty: a strategy, a step of each kind. */
import type { Kind, Step, Strategy } from './document'

export const KINDS: Kind[] = [
  'message',
  'delay',
  'condition',
  'wait',
  'split',
  'tag',
  'list',
  'attribute',
  'notify',
  'webhook',
  'transfer',
  'repeat',
  'exit',
]

/** What a new step may take from what there is. */
export type Held = { channels: string[]; contents: string[] }

export function blankStep(kind: Kind, held: Held): Step {
  const channel = held.channels[0] ?? ''
  switch (kind) {
    case 'message':
      return { kind, channel, content: held.contents[0] ?? '', next: '' }
    case 'delay':
      return { kind, for: '1d', next: '' }
    case 'condition':
      return {
        kind,
        rule: { combinator: 'and', not: false, rules: [{ field: 'orders.count', operator: '>=', value: 1 }] },
        branches: { yes: '', no: '' },
        on_error: 'no',
      }
    case 'wait':
      return { kind, for: { order: { event: 'order', next: '' } }, timeout: '1d', otherwise: '' }
    case 'split':
      return { kind, arms: { a: { weight: 50, next: '' }, b: { weight: 50, next: '' } } }
    case 'tag':
    case 'list':
      return { kind, add: [], next: '' }
    case 'attribute':
      return { kind, set: {}, next: '' }
    case 'notify':
      return { kind, channel, content: held.contents[0] ?? '', to: '', next: '' }
    case 'webhook':
      return { kind, channel, facts: [], answered: '', failed: '' }
    case 'repeat':
      return { kind, times: 1, next: '', then: '' }
    case 'transfer':
      return { kind, strategy: '' }
    case 'exit':
      return { kind }
  }
}

export function blankStrategy(name: string): Strategy {
  return {
    name,
    trigger: { on: 'cart', key: 'customer', next: 'exit' },
    steps: { exit: { kind: 'exit' } },
    policies: USUAL,
  }
}

const USUAL: Strategy['policies'] = {
  capped: 'skip',
  max_lateness: '12h',
  on_retrigger: 'ignore',
  priority: 0,
  reentry: 'always',
}

/** A strategy from a file, with all that a file may leave out. */
export function whole(strategy: Strategy): Strategy {
  const steps = Object.entries(strategy.steps).map(([name, step]): [string, Step] => [
    name,
    step.kind === 'condition' ? { ...step, branches: step.branches ?? {}, on_error: step.on_error ?? 'no' } : step,
  ])
  const exits = strategy.exits?.map(exit => ({ ...exit, match: exit.match ?? 'customer', then: exit.then ?? 'end' }))
  return {
    ...strategy,
    trigger: { ...strategy.trigger, key: strategy.trigger.key ?? 'customer' },
    steps: Object.fromEntries(steps),
    ...(exits && { exits }),
    policies: { ...USUAL, ...strategy.policies },
  }
}

/** A name that no strategy of the shop has yet: `Reminder`, `Reminder 2` … */
export function proposeName(wanted: string, taken: string[]): string {
  const folded = taken.map(name => name.toLowerCase())
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted} ${number}`
    if (!folded.includes(name.toLowerCase())) return name
  }
}
