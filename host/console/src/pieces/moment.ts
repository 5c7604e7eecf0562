/** Moments as somebody in the shop's zone writes them. */

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
function ahead(instant: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000
}

/** The instant at which clocks of a zone show a local time, such as `2026-11-02T10:00`. */
export function instantOf(local: string, timeZone: string): string {
  const wall = Date.parse(`${local}Z`)
  const first = wall - ahead(wall, timeZone)
  // Where the zone changed in between, the second look is right.
  return new Date(wall - ahead(first, timeZone)).toISOString()
}

/** What clocks of a zone show at an instant. */
export function localOf(instant: string | number, timeZone: string): string {
  const at = typeof instant === 'number' ? instant : Date.parse(instant)
  return new Date(at + ahead(at, timeZone)).toISOString().slice(0, 16)
}
