/** What plugins say of themselves is said in the reader's language, and all of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Schemas } from '../src/api/client'
import { inLanguage } from '../src/plugins/inLanguage'
import { LANGUAGES } from '../src/words'

const DESCRIPTOR: Schemas['Descriptor'] = {
  title: 'Counter',
  summary: 'Counts.',
  config_schema: {
    title: 'Counter',
    properties: {
      title: { title: 'Amount', description: 'How many.', default: 'Amount', enum: ['Amount'] },
      nested: { oneOf: [{ items: { title: 'Amount' } }] },
    },
  },
  facts: [{ fact: 'orders.count', why: 'To count.' }],
  hosts: [],
  secrets: [{ name: 'key', title: 'Amount', why: 'Nobody knows.' }],
  translations: {
    ro: { Counter: 'Numărător', Amount: 'Câte', 'How many.': 'Câte sunt.', 'To count.': 'Ca să numere.' },
    'zh-Hans': { Counter: '计数' },
  },
}

test('what reads from right to left does so although a Latin name stands first', () => {
  const translations = { ar: { Counter: 'Zalo ZNS إشعارات', Amount: 'المبلغ', 'How many.': 'Zalo' } }
  const said = inLanguage({ ...DESCRIPTOR, translations }, 'ar')
  expect(said.title).toBe('\u200fZalo ZNS إشعارات')
  expect(said.secrets[0]?.title).toBe('المبلغ')
  expect(JSON.stringify(said.config_schema)).toContain('"Zalo"')
})

test('titles, help and reasons are translated wherever they stand, and data is not', () => {
  const said = inLanguage(DESCRIPTOR, 'ro')
  expect(said).toMatchObject({ title: 'Numărător', summary: 'Counts.' })
  expect(said.facts[0]?.why).toBe('Ca să numere.')
  expect(said.secrets[0]).toEqual({ name: 'key', title: 'Câte', why: 'Nobody knows.' })
  expect(said.config_schema).toEqual({
    title: 'Numărător',
    properties: {
      title: { title: 'Câte', description: 'Câte sunt.', default: 'Amount', enum: ['Amount'] },
      nested: { oneOf: [{ items: { title: 'Câte' } }] },
    },
  })
})

test('a language is found by its script, and one that is not there stays English', () => {
  expect(inLanguage(DESCRIPTOR, 'zh').title).toBe('计数')
  expect(inLanguage(DESCRIPTOR, 'vi')).toBe(DESCRIPTOR)
})

const PLUGINS = join(import.meta.dirname, '../../../plugins')
const folders = ['channels', 'conditions', 'renderers', 'selectors', 'sources'].flatMap(kind =>
  readdirSync(join(PLUGINS, kind)).map(name => join(kind, name)),
)
const translated = folders.filter(folder => existsSync(join(PLUGINS, folder, 'translations.json')))

/** Every title and description of a schema. */
function textsOf(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([name, value]) =>
    (name === 'title' || name === 'description') && typeof value === 'string' ? [value] : textsOf(value),
  )
}

test.each(translated)('%s says all of its forms in every language of the console, and no more', folder => {
  const read = (name: string) => {
    const path = join(PLUGINS, folder, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : '{}'
  }
  const translations = JSON.parse(read('translations.json')) as Record<string, Record<string, string>>
  expect(Object.keys(translations).sort()).toEqual(Object.keys(LANGUAGES).filter(one => one !== 'en').sort())
  const asked = ['config.schema.json', 'content.schema.json'].flatMap(name => textsOf(JSON.parse(read(name))))
  const code = read('src/lib.rs')
  for (const [language, words] of Object.entries(translations)) {
    expect(asked.filter(text => !(text in words)), language).toEqual([])
    const unsaid = Object.keys(words).filter(text => !asked.includes(text) && !code.includes(JSON.stringify(text)))
    expect(unsaid, language).toEqual([])
  }
  expect(code).toContain('.translations(include_str!("../translations.json"))')
})
