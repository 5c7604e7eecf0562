/** Every language says everything, with the same values in it, and nothing that nobody asks for. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LANGUAGES, type Language, speech, type Words } from '../src/words'

const SOURCE = join(import.meta.dirname, '../src')
const languages = Object.keys(LANGUAGES) as Language[]

function wordsOf(language: Language): Words {
  return JSON.parse(readFileSync(join(SOURCE, `words/${language}.json`), 'utf8'))
}

function texts(entry: Words[keyof Words]): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry)
}

function source(folder = SOURCE): string {
  return readdirSync(folder, { withFileTypes: true })
    .map(entry => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return source(path)
      return /\.tsx?$/.test(entry.name) && entry.name !== 'schema.d.ts' ? readFileSync(path, 'utf8') : ''
    })
    .join('\n')
}

const english = wordsOf('en')
const keys = Object.keys(english) as (keyof Words)[]

test.each(languages)('%s has every word, and no other', language => {
  expect(Object.keys(wordsOf(language))).toEqual(keys)
})

test.each(languages)('%s puts the same values into each word', language => {
  const values = (entry: Words[keyof Words]) =>
    texts(entry).map(text => (text.match(/\{\w+\}/g) ?? []).sort().join())
  const words = wordsOf(language)
  for (const key of keys) {
    const wanted = new Set(values(english[key]))
    for (const given of values(words[key])) expect(wanted, key).toContain(given)
  }
})

test.each(languages)('%s leaves no word empty, and has every form that it counts with', language => {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  for (const [key, entry] of Object.entries(wordsOf(language))) {
    for (const text of texts(entry)) expect(text.trim(), key).not.toBe('')
    if (typeof entry !== 'string') expect(Object.keys(entry).sort(), key).toEqual([...forms].sort())
  }
})

/** Words that are the same in two languages. */
const SAME = new Set([
  'role.editor',
  'role.integrator',
  'people.link',
  'customer.consent',
  'customer.email',
  'purpose.marketing',
  'connections.plugin',
])

test.each(languages.filter(language => language !== 'en'))('%s is translated', language => {
  const words = wordsOf(language)
  const left = keys.filter(
    key => !SAME.has(key) && JSON.stringify(words[key]) === JSON.stringify(english[key]),
  )
  expect(left).toEqual([])
})

test('every word is said somewhere', () => {
  const code = source()
  // Words of closed lists are put together: `word('role', …)`, say(`role.${…}`).
  const lists = new Set(
    [...code.matchAll(/(?:word|told)\('(\w+)',|say\(`(\w+)\.\$|<Told of="(\w+)"/g)].map(
      match => match[1] ?? match[2] ?? match[3],
    ),
  )
  const silent = keys.filter(
    key => !code.includes(`'${key}'`) && !code.includes(`"${key}"`) && !lists.has(key.split('.')[0] ?? ''),
  )
  expect(silent).toEqual([])
})

test('numbers take the form of their language', () => {
  const words = { count: { one: '{n} run', other: '{n} runs' } } as unknown as Words
  const { say } = speech('en', words)
  expect(say('count' as keyof Words, { n: 1 })).toBe('1 run')
  expect(say('count' as keyof Words, { n: 12_000 })).toBe('12,000 runs')
})

test('a word of the service that is newer than the console is shown as it is', () => {
  expect(speech('en', english).word('role', 'night_watch')).toBe('night watch')
})

/** Closed lists of the service, by the name of their words. */
const LISTS: [string, string][] = [
  ['TriggerKind', 'trigger'],
  ['StrategyState', 'strategyState'],
  ['Purpose', 'purpose'],
  ['SkipReason', 'skip'],
  ['HoldReason', 'hold'],
  ['EndReason', 'end'],
  ['ReceiptKind', 'receipt'],
  ['Verdict', 'verdict'],
  ['Mark', 'mark'],
  ['ConsentState', 'consent'],
  ['Role', 'role'],
  ['PluginKind', 'pluginKind'],
  ['PluginProblem', 'pluginProblem'],
  ['Target', 'stageTo'],
  ['AlertCause', 'alert'],
  ['HoldReason', 'holdNext'],
  ['FindingCode', 'finding'],
  ['AlertCode', 'alertSays'],
  ['FaultCode', 'fault'],
]

test.each(LISTS)('every %s that the service may tell has a word in %s', (type, list) => {
  const document = JSON.parse(readFileSync(join(SOURCE, '../../docs/openapi.json'), 'utf8'))
  const schema = document.components.schemas[type] as { oneOf?: { const: string }[]; enum?: string[] }
  const told = [...(schema.oneOf ?? []).map(one => one.const), ...(schema.enum ?? [])]
  expect(told).not.toEqual([])
  expect(told.filter(word => !(`${list}.${word}` in english))).toEqual([])
})

test.each(['FindingCode', 'AlertCode', 'FaultCode'])('every %s says in English what the service says', type => {
  const document = JSON.parse(readFileSync(join(SOURCE, '../../docs/openapi.json'), 'utf8'))
  const sentences = document.components.schemas[type].oneOf as { const: string; description: string }[]
  const list = LISTS.find(([name]) => name === type)?.[1]
  const words = english as Record<string, unknown>
  expect(sentences.map(one => words[`${list}.${one.const}`])).toEqual(sentences.map(one => one.description))
})

test('every refusal of the service has a title, and what to do about it is of one that there is', () => {
  const pages = readdirSync(join(SOURCE, '../../docs/errors')).map(name => name.replace('.md', ''))
  expect(pages.filter(code => !(`problem.${code}` in english))).toEqual([])
  const next = keys.filter(key => key.startsWith('problemNext.')).map(key => key.slice('problemNext.'.length))
  expect(next.filter(code => !pages.includes(code))).toEqual([])
})

test('the audit has words for every operation that changes something', () => {
  const document = JSON.parse(readFileSync(join(SOURCE, '../../docs/openapi.json'), 'utf8'))
  // The host keeps these out of the audit: what comes in by the thousand, what only tries or asks, what is about no
  // shop that was there, and one's own session.
  const unaudited =
    /events|identify|probe|\/sync$|\/demo\/|session|\/check$|\/preview$|\/links\/|\/hooks\/|POST \/v1\/shops$/
  const operations = Object.entries<object>(document.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter(method => ['post', 'put', 'patch', 'delete'].includes(method))
      .map(method => `${method.toUpperCase()} ${path}`),
  )
  const audited = operations.filter(operation => !unaudited.test(operation))
  const worded = keys.filter(key => key.startsWith('change.')).map(key => key.slice('change.'.length))
  expect(worded.sort()).toEqual(audited.sort())
})
