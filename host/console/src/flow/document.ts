/** A strategy as a document: where its steps lead, and how one is put in, taken out, renamed. Nothing here is drawn. */
import type { Schemas } from '../api/client'

export type Strategy = Schemas['Strategy']
export type Step = Schemas['Step']
export type Kind = Step['kind']
export type StepOf<K extends Kind> = Extract<Step, { kind: K }>
export type Fault = Schemas['StrategyFault']

/** What begins a run, and what an exit begins, are drawn like steps; no step can have such a name. */
export const TRIGGER = '$trigger'
export const exitId = (place: number) => `$exit:${place}`
const placeOf = (id: string) => (id.startsWith('$exit:') ? Number(id.slice('$exit:'.length)) : undefined)

/** A way out of a step: by its path in the step, as faults name it. */
export type Way = { path: string[]; to: string }
/** Where a new step goes: after a way of a step, of the trigger, or of an exit. */
export type Spot = { from: string; path: string[] }

export const keyOf = (path: string[]) => path.join('/')

/** Yes stands before no and both before other names, however the document orders them: a picture must not turn over
 * when it was saved. */
const RANKS: Record<string, number> = { yes: 0, no: 1, unknown: 3 }
const rank = (branch: string) => RANKS[branch] ?? 2

/** Every way out of a step, the one that most go first. */
export function waysOf(step: Step): Way[] {
  const way = (to: string | null | undefined, ...path: string[]): Way => ({ path, to: to ?? '' })
  switch (step.kind) {
    case 'delay': {
      const ways = [way(step.next, 'next')]
      if (step.until && 'attribute' in step.until)
        ways.push(way(step.until.attribute.otherwise, 'until', 'attribute', 'otherwise'))
      return ways
    }
    case 'wait':
      return [
        ...Object.entries(step.for).map(([name, one]) => way(one.next, 'for', name, 'next')),
        way(step.otherwise, 'otherwise'),
      ]
    case 'condition':
      return Object.keys(step.branches)
        .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))
        .map(name => way(step.branches[name], 'branches', name))
    case 'message':
      return [way(step.next, 'next'), ...(step.capped == null ? [] : [way(step.capped, 'capped')])]
    case 'split':
      return Object.entries(step.arms).map(([name, arm]) => way(arm.next, 'arms', name, 'next'))
    case 'webhook':
      return [way(step.answered, 'answered'), way(step.failed, 'failed')]
    case 'repeat':
      return [way(step.then, 'then'), way(step.next, 'next')]
    case 'tag':
    case 'attribute':
    case 'list':
    case 'notify':
      return [way(step.next, 'next')]
    case 'transfer':
    case 'exit':
      return []
  }
}

/** A copy with another value at a path. */
export function put<T>(of: T, path: string[], value: unknown): T {
  const [first, ...rest] = path
  if (first === undefined) return value as T
  const inner = (of as Record<string, unknown>)[first]
  return { ...of, [first]: put(inner ?? {}, rest, value) }
}

/** Where a way of a strategy leads. */
export function targetOf(strategy: Strategy, { from, path }: Spot): string {
  if (from === TRIGGER) return strategy.trigger.next
  const place = placeOf(from)
  if (place !== undefined) return strategy.exits?.[place]?.then ?? ''
  const step = strategy.steps[from]
  const way = step && waysOf(step).find(one => keyOf(one.path) === keyOf(path))
  return way?.to ?? ''
}

/** A copy in which a way leads elsewhere. */
export function lead(strategy: Strategy, spot: Spot, to: string): Strategy {
  if (spot.from === TRIGGER) return { ...strategy, trigger: { ...strategy.trigger, next: to } }
  const place = placeOf(spot.from)
  if (place !== undefined) {
    const exits = strategy.exits?.map((exit, at) => (at === place ? { ...exit, then: to } : exit))
    return { ...strategy, exits }
  }
  const step = strategy.steps[spot.from]
  return step ? withStep(strategy, spot.from, put(step, spot.path, to)) : strategy
}

export function withStep(strategy: Strategy, name: string, step: Step): Strategy {
  return { ...strategy, steps: { ...strategy.steps, [name]: step } }
}

/** The first name of a kind that is free: `message`, `message-2` … */
export function freeName(wanted: string, taken: string[]): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (!taken.includes(name)) return name
  }
}

/** Puts a step at a spot; whatever followed there follows the step now. Tells its name. */
export function insert(strategy: Strategy, spot: Spot, step: Step): [Strategy, string] {
  const name = freeName(step.kind, Object.keys(strategy.steps))
  const [main] = waysOf(step)
  const after = targetOf(strategy, spot)
  const placed = main ? put(step, main.path, after) : step
  return [lead(withStep(strategy, name, placed), spot, name), name]
}

/** A copy in which every way that leads to one step leads to another. */
function redirect(strategy: Strategy, from: string, to: string): Strategy {
  let changed = strategy
  for (const spot of spotsOf(strategy)) if (targetOf(strategy, spot) === from) changed = lead(changed, spot, to)
  return changed
}

/** Every way that there is. */
export function spotsOf(strategy: Strategy): Spot[] {
  const exits = (strategy.exits ?? []).map((_, place) => ({ from: exitId(place), path: ['then'] }))
  const steps = Object.entries(strategy.steps).flatMap(([from, step]) =>
    waysOf(step).map(({ path }) => ({ from, path })),
  )
  return [{ from: TRIGGER, path: ['next'] }, ...exits, ...steps]
}

/** Takes a step out; whoever came to it goes where most went from it. */
export function remove(strategy: Strategy, name: string): Strategy {
  const step = strategy.steps[name]
  if (!step) return strategy
  const main = waysOf(step)[0]?.to ?? ''
  const led = redirect(strategy, name, main === name ? '' : main)
  const { [name]: _, ...steps } = led.steps
  return { ...led, steps }
}

/** Whether a text can be the name of a step beside the others. */
export function canBeNamed(strategy: Strategy, before: string, after: string): boolean {
  return /^[a-z0-9][a-z0-9_-]*$/i.test(after) && (after === before || !(after in strategy.steps))
}

/** Gives a step another name, wherever it is named. */
export function rename(strategy: Strategy, before: string, after: string): Strategy {
  const led = redirect(strategy, before, after)
  const steps = Object.fromEntries(
    Object.entries(led.steps).map(([name, step]) => [
      name === before ? after : name,
      renamedWithin(step, before, after) as Step,
    ]),
  )
  return { ...led, steps }
}

/** Rules and waits name steps too: `{"step": …}`, and fields such as `step.NAME.path`. */
function renamedWithin(value: unknown, before: string, after: string): unknown {
  if (Array.isArray(value)) return value.map(one => renamedWithin(one, before, after))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key === 'step' && one === before) return [key, after]
      if (key === 'field' && typeof one === 'string' && one.startsWith(`step.${before}.`))
        return [key, `step.${after}.${one.slice(`step.${before}.`.length)}`]
      return [key, renamedWithin(one, before, after)]
    }),
  )
}

/** Steps in the order in which they are come to; those that nobody comes to last. */
export function inOrder(strategy: Strategy): string[] {
  const seen: string[] = []
  const visit = (name: string) => {
    const step = strategy.steps[name]
    if (!step || seen.includes(name)) return
    seen.push(name)
    for (const { to } of waysOf(step)) visit(to)
  }
  visit(strategy.trigger.next)
  for (const exit of strategy.exits ?? []) visit(exit.then)
  return [...seen, ...Object.keys(strategy.steps).filter(name => !seen.includes(name))]
}

/** The node that a fault is about. */
export function nodeOf(fault: Fault, strategy: Strategy): string | undefined {
  if (fault.path === 'trigger' || fault.path.startsWith('trigger.')) return TRIGGER
  const exit = /^exits\[(\d+)\]/.exec(fault.path)
  if (exit) return exitId(Number(exit[1]))
  const rest = fault.path.startsWith('steps.') ? fault.path.slice('steps.'.length) : undefined
  // A name may be the beginning of another one.
  const names = Object.keys(strategy.steps).sort((a, b) => b.length - a.length)
  return names.find(name => rest === name || rest?.startsWith(`${name}.`))
}
