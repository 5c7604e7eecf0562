/** What a plugin says of itself, in the reader's language. Its translations are looked up by the English of its
 * descriptor and schemas; what they lack stays English. */
import { useCallback } from 'react'
import type { Schemas } from '../api/client'
import { useSpeech } from '../words'

type Descriptor = Schemas['Descriptor']
type Table = Record<string, string>

/** The words of a language: as it is named here, or of any script or country of it. */
function tableOf({ translations = {} }: Descriptor, language: string): Table | undefined {
  const tags = Object.keys(translations)
  const tag = tags.find(one => one === language) ?? tags.find(one => one.startsWith(`${language}-`))
  return tag === undefined ? undefined : translations[tag]
}

/** Values of a schema that are data, and not said to anybody. */
const DATA = new Set(['default', 'const', 'enum', 'examples'])

function inSchema(part: unknown, said: (text: string) => string): unknown {
  if (Array.isArray(part)) return part.map(one => inSchema(one, said))
  if (typeof part !== 'object' || part === null) return part
  const entries = Object.entries(part).map(([name, value]) => {
    if (DATA.has(name)) return [name, value]
    // A property may be called `title`, too; what it is called for people is a text.
    const isSaid = (name === 'title' || name === 'description') && typeof value === 'string'
    return [name, isSaid ? said(value) : inSchema(value, said)]
  })
  return Object.fromEntries(entries)
}

/** A text from right to left that begins with somebody's Latin name would be set from left to right. */
const marked = (text: string | undefined) =>
  text && /^[!-~]/.test(text) && /[\u0590-\u08ff]/.test(text) ? `\u200f${text}` : text

export function inLanguage(descriptor: Descriptor, language: string): Descriptor {
  const table = tableOf(descriptor, language)
  if (!table) return descriptor
  const said = (text: string) => marked(table[text]) ?? text
  return {
    ...descriptor,
    title: said(descriptor.title),
    summary: said(descriptor.summary),
    config_schema: inSchema(descriptor.config_schema, said),
    content_schema: inSchema(descriptor.content_schema, said),
    facts: descriptor.facts.map(fact => ({ ...fact, why: said(fact.why) })),
    hosts: descriptor.hosts.map(host => ({ ...host, why: said(host.why) })),
    secrets: descriptor.secrets.map(one => ({ ...one, title: said(one.title), why: said(one.why) })),
  }
}

/** Versions with all that they say of themselves in the reader's language. */
export function useInLanguage() {
  const { language } = useSpeech()
  return useCallback(
    (versions: Schemas['PluginView'][]) =>
      versions.map(one => ({ ...one, descriptor: inLanguage(one.descriptor, language) })),
    [language],
  )
}
