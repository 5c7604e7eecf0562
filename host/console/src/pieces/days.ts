/** Days of the shop's zone as instants: a list from one day to another, both among it. */
import { instantOf } from './moment'

/** The instant at which a day such as `2026-11-02` begins in a zone; none for what is no day. */
export function beginning(day: string | undefined, timeZone: string): string | undefined {
  const isDay = day && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(`${day}T00:00Z`))
  return isDay ? instantOf(`${day}T00:00`, timeZone) : undefined
}

/** The instant at which a day is over. */
export function end(day: string | undefined, timeZone: string): string | undefined {
  const midnight = day ? Date.parse(`${day}T00:00Z`) : Number.NaN
  if (Number.isNaN(midnight)) return undefined
  return beginning(new Date(midnight + 86_400_000).toISOString().slice(0, 10), timeZone)
}
