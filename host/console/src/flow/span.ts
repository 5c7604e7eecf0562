/** Lengths of time as the service writes them: `90m`, `1d 12h`. */
export const UNITS = ['s', 'm', 'h', 'd', 'w'] as const
export type Unit = (typeof UNITS)[number]
const SECONDS: Record<Unit, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** A length as one number of the largest unit that says it whole; none if it is not one. */
export function readSpan(text: string | null | undefined): { number: number; unit: Unit } | undefined {
  const parts = [...(text ?? '').matchAll(/(\d+) *(ms|s|m|h|d|w)/g)]
  if (parts.length === 0 || parts.some(part => part[2] === 'ms')) return undefined
  const seconds = parts.reduce((sum, part) => sum + Number(part[1]) * SECONDS[part[2] as Unit], 0)
  // Two weeks are thought of as fourteen days only by those who wrote it so.
  const written = parts.length === 1 ? (parts[0]?.[2] as Unit) : undefined
  const unit = written ?? ([...UNITS].reverse().find(unit => seconds % SECONDS[unit] === 0) as Unit)
  return { number: seconds / SECONDS[unit], unit }
}

export const writeSpan = (number: number, unit: Unit) => `${Math.max(0, Math.round(number))}${unit}`
