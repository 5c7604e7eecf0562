/** What is different between two versions: part by part, in the words of the file. */
import type { Strategy } from './document'

export type Change = { part: string; what: 'added' | 'removed' | 'changed'; fields: Field[] }
export type Field = { path: string; before?: string; after?: string }

/** The parts that versions are compared by: the trigger, the policies, each step, each content … */
function partsOf(strategy: Strategy): Map<string, unknown> {
  const parts = new Map<string, unknown>([
    ['trigger', strategy.trigger],
    ['policies', strategy.policies],
    ['exits', strategy.exits ?? []],
  ])
  for (const [name, step] of Object.entries(strategy.steps)) parts.set(`steps.${name}`, step)
  for (const content of strategy.contents ?? []) parts.set(`contents.${content.name}`, content)
  if (strategy.name) parts.set('name', strategy.name)
  return parts
}

/** Every leaf by its path. Nothing said and nothing there are the same. */
function leavesOf(value: unknown, path: string[] = [], into = new Map<string, string>()): Map<string, string> {
  if (value === null || value === undefined) return into
  if (typeof value !== 'object') return into.set(path.join('.'), String(value))
  for (const [key, inner] of Object.entries(value)) leavesOf(inner, [...path, key], into)
  return into
}

export function diff(before: Strategy, after: Strategy): Change[] {
  const [old, now] = [partsOf(before), partsOf(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])]
  return names.flatMap(part => {
    const [was, is] = [leavesOf(old.get(part)), leavesOf(now.get(part))]
    const paths = [...new Set([...was.keys(), ...is.keys()])].sort()
    const fields = paths
      .filter(path => was.get(path) !== is.get(path))
      .map(path => ({ path, before: was.get(path), after: is.get(path) }))
    if (fields.length === 0 && old.has(part) && now.has(part)) return []
    const what = !old.has(part) ? 'added' : !now.has(part) ? 'removed' : 'changed'
    return [{ part, what, fields } satisfies Change]
  })
}
