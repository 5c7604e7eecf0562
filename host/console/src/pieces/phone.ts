/** What stands on a phone, read from what a channel's plugin is given: a text, or a template with what fills it. */
import { type Fields, isFields } from './schema'

export type Screen = {
  subject?: string
  text?: string
  footer?: string
  /** The address of a picture. */
  image?: string
  buttons: { title?: string; url?: string }[]
  /** What could not be put into a picture, by its name. */
  rest: [string, string][]
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** A document as it is sent, with the template's definition as somebody wrote it, where the shop has it. */
export function screenOf(document: unknown, definition?: unknown): Screen {
  const said = isFields(document) ? document : {}
  const components = list(isFields(definition) ? definition.components : undefined)
  if (text(said.text) || components.length === 0) return plain(said)
  const part = (type: string) => components.find(one => String(one.type).toUpperCase() === type)
  const header = isFields(said.header) ? said.header : {}
  const head = part('HEADER')
  const spoken = list(part('BUTTONS')?.buttons).map((button, index) => {
    const filled = list(said.buttons).find(one => one.index === index)
    return { title: text(button.text), url: fill(text(button.url), [filled?.value]) }
  })
  return {
    subject: fill(text(head?.text), header.name ? { [String(header.name)]: header.text } : [header.text]),
    image: text(header.image),
    text: fill(text(part('BODY')?.text), said.body),
    footer: text(part('FOOTER')?.text),
    buttons: spoken,
    rest: [],
  }
}

function plain(said: Fields): Screen {
  const buttons = list(said.buttons).filter(button => text(button.title))
  const isShown = text(said.text) !== undefined
  const { header, ...others } = said
  const pictured = isFields(header) ? text(header.image) : undefined
  return {
    subject: text(said.subject),
    text: text(said.text),
    image: text(said.image) ?? pictured,
    buttons: buttons.map(button => ({ title: text(button.title), url: text(button.url) })),
    rest: isShown ? [] : leaves(pictured ? others : said),
  }
}

/** Parameters in their places, by position from 1 or by name; what nothing fills stays as it is. */
function fill(words: string | undefined, by: unknown): string | undefined {
  const value = (name: string) =>
    Array.isArray(by) ? by[Number(name) - 1] : isFields(by) ? by[name] : undefined
  return words?.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name) => text(value(name)) ?? whole)
}

/** What is said where nobody knows how it looks. A mail's own HTML is shown elsewhere. */
function leaves(value: unknown, path: string[] = []): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((one, place) => leaves(one, [...path, String(place + 1)]))
  if (isFields(value)) {
    const shown = Object.entries(value).filter(([name]) => name !== 'html' && name !== 'definition')
    return shown.flatMap(([name, one]) => leaves(one, [...path, name]))
  }
  return value == null || value === '' ? [] : [[path.join(' '), String(value)]]
}
