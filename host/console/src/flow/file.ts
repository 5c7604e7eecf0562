/** Strategies as files: what goes out is what comes in, and what the API and `cartwright simulate` take. */
import type { Schemas } from '../api/client'
import type { Step, Strategy } from './document'

/** The contents that the shop has stay the shop's: a strategy must not bring back an older one. */
export function withoutKnown(strategy: Strategy, known: string[]): Strategy {
  const contents = strategy.contents?.filter(content => !known.includes(content.name))
  const { contents: _, ...rest } = strategy
  return contents?.length ? { ...rest, contents } : rest
}

export function contentsOf(step: Step): string[] {
  if (step.kind === 'notify') return [step.content]
  if (step.kind !== 'message') return []
  return [step.content, ...(step.select?.candidates ?? []), step.select?.default].filter(name => name != null)
}

/** The strategy with every content that its steps name, as it is now. */
export function exported(strategy: Strategy, contents: Schemas['Content'][]): Strategy {
  const named = new Set(Object.values(strategy.steps).flatMap(contentsOf))
  const own = strategy.contents ?? []
  const more = contents.filter(
    content => named.has(content.name) && own.every(one => one.name !== content.name),
  )
  return { ...strategy, contents: [...own, ...more] }
}

export function download(strategy: Strategy) {
  const file = new Blob([`${JSON.stringify(strategy, null, 2)}\n`], { type: 'application/json' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = `${strategy.name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')}.strategy.json`
  link.click()
  URL.revokeObjectURL(link.href)
}

/** A strategy from the text of a file; none if it is not one. What is wrong inside is the service's to say. */
export function read(text: string): Strategy | undefined {
  try {
    const found = JSON.parse(text) as Partial<Strategy> | null
    const isOne = typeof found?.trigger === 'object' && typeof found.steps === 'object'
    const isWhole = isOne && Object.values(found.steps ?? {}).every(step => typeof step?.kind === 'string')
    return isWhole ? ({ ...found, name: found.name ?? '' } as Strategy) : undefined
  } catch {
    return undefined
  }
}
