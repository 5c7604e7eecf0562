/** JSON Schemas of plugins as values: what a form shows of one, and what does not fit it. The host has the last word;
 * what is said here is said while somebody types. */
import type { Key } from '../words'

export type Schema = {
  type?: string | string[]
  title?: string
  description?: string
  default?: unknown
  examples?: unknown[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  contentMediaType?: string
  minimum?: number
  maximum?: number
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
}

export type Fields = Record<string, unknown>
/** What does not fit, at a JSON pointer. */
export type Fault = { at: string; word: Key; values?: Record<string, string | number> }
/** How a part of a schema is asked for. */
export type Shape = 'fields' | 'map' | 'list' | 'choice' | 'text' | 'number' | 'switch' | 'variants' | 'json'

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A part with its reference put in its place and what all of several say joined. */
export function resolve(root: Schema, part: Schema | boolean | undefined): Schema {
  if (!isFields(part)) return {}
  const { $ref, allOf, ...own } = part as Schema
  const parts = ($ref ? [resolve(root, at(root, $ref))] : []).concat(
    (allOf ?? []).map(one => resolve(root, one)),
  )
  return [...parts, own].reduce<Schema>(
    (all, one) => ({
      ...all,
      ...one,
      ...(all.properties || one.properties ? { properties: { ...all.properties, ...one.properties } } : {}),
      ...(all.required || one.required
        ? { required: [...(all.required ?? []), ...(one.required ?? [])] }
        : {}),
    }),
    {},
  )
}

/** What a reference within the schema names; the host lets no other in. */
function at(root: Schema, ref: string): Schema {
  const names = ref.replace(/^#\/?/, '').split('/').filter(Boolean)
  return names.reduce<unknown>((part, name) => {
    const key = decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~')
    return isFields(part) ? part[key] : undefined
  }, root) as Schema
}

/** Which question a part is; what no field could hold is asked for as JSON. */
export function shapeOf(part: Schema): Shape {
  const types = [part.type ?? []].flat().filter(type => type !== 'null')
  if (part.const !== undefined) return 'choice'
  if (part.enum) return part.enum.every(one => typeof one !== 'object') ? 'choice' : 'json'
  if ((part.oneOf ?? part.anyOf) && !alternatives(part)) return 'variants'
  if (types.length > 1) return 'json'
  switch (types[0]) {
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'switch'
    case 'array':
      return part.items ? 'list' : 'json'
    case 'object':
      if (part.properties) return 'fields'
      return isFields(part.additionalProperties)
        ? 'map'
        : part.additionalProperties === false
          ? 'fields'
          : 'json'
    default:
      return part.properties ? 'fields' : 'json'
  }
}

/** The names of which one group has to be filled in, where the ways to answer differ in nothing else. */
function alternatives(part: Schema): string[][] | undefined {
  const ways = part.oneOf ?? part.anyOf
  const isNamesAlone = (way: Schema) => Object.keys(way).join() === 'required'
  return part.properties && ways?.every(isNamesAlone) ? ways.map(way => way.required ?? []) : undefined
}

/** That none of several groups is filled in, or, of such as exclude each other, more than one. */
function ofAlternatives(part: Schema, value: Fields, path: string): Fault[] {
  const groups = alternatives(part)
  if (!groups) return []
  const lacking = groups.map(names => names.filter(name => value[name] === undefined))
  const [first, second] = groups.filter((_, place) => lacking[place]?.length === 0)
  if (!first) return (lacking[0] ?? []).map(name => ({ at: below(path, name), word: 'form.required' }))
  if (!second || !part.oneOf) return []
  const titles = first.map(name => part.properties?.[name]?.title ?? name)
  return second.map(name => ({
    at: below(path, name),
    word: 'form.instead',
    values: { other: titles.join(', ') },
  }))
}

/** What stands in a form before anybody has written: nothing but what has no other value. */
export function blank(root: Schema, part: Schema): unknown {
  const known = resolve(root, part)
  if (known.default !== undefined) return known.default
  if (known.const !== undefined) return known.const
  switch (shapeOf(known)) {
    case 'fields': {
      const needed = Object.entries(known.properties ?? {}).filter(([name]) => known.required?.includes(name))
      const filled = needed.map(([name, field]) => [name, blank(root, field)] as const)
      return Object.fromEntries(filled.filter(([, value]) => value !== undefined))
    }
    case 'map':
      return {}
    case 'list':
      return []
    case 'text':
      return ''
    default:
      return undefined
  }
}

/** The first of several variants that what is there fits; the first of all where none does. */
export function variantOf(root: Schema, part: Schema, value: unknown): number {
  const fitting = (part.oneOf ?? part.anyOf ?? []).findIndex(one => faultsOf(root, one, value).length === 0)
  return Math.max(0, fitting)
}

/** Whether a text is filled in only later: what it will say is not known yet. */
const isTemplate = (text: string) => /\{\{|\{%/.test(text)

/** Everything that does not fit; a template fits wherever a text does. */
export function faultsOf(root: Schema, part: Schema, value: unknown, path = ''): Fault[] {
  const known = resolve(root, part)
  const wrong = (word: Key, values?: Fault['values']): Fault[] => [{ at: path, word, values }]
  switch (shapeOf(known)) {
    case 'choice': {
      const options = known.enum ?? [known.const]
      return options.includes(value) ? [] : wrong('form.choose')
    }
    case 'variants': {
      const variants = known.oneOf ?? known.anyOf ?? []
      const found = variants.map(one => faultsOf(root, one, value, path))
      return found.some(faults => faults.length === 0) ? [] : (found[0] ?? [])
    }
    case 'text':
      return typeof value === 'string' ? ofText(known, value, wrong) : wrong('form.required')
    case 'number':
      return ofNumber(known, value, wrong)
    case 'switch':
      return typeof value === 'boolean' ? [] : wrong('form.choose')
    case 'list': {
      if (!Array.isArray(value)) return wrong('form.required')
      const few = value.length < (known.minItems ?? 0)
      const own = few ? wrong('form.fewItems', { n: known.minItems ?? 0 }) : []
      return own.concat(
        value.flatMap((one, place) => faultsOf(root, known.items ?? {}, one, `${path}/${place}`)),
      )
    }
    case 'map': {
      if (!isFields(value)) return wrong('form.required')
      const item = known.additionalProperties as Schema
      return Object.entries(value).flatMap(([name, one]) => faultsOf(root, item, one, below(path, name)))
    }
    case 'fields': {
      if (!isFields(value)) return wrong('form.required')
      const own = Object.entries(known.properties ?? {}).flatMap(([name, field]) => {
        const here = below(path, name)
        if (value[name] !== undefined) return faultsOf(root, field, value[name], here)
        return known.required?.includes(name) ? [{ at: here, word: 'form.required' as const }] : []
      })
      return own.concat(ofAlternatives(known, value, path))
    }
    case 'json':
      return []
  }
}

export const below = (path: string, name: string) =>
  `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

type Wrong = (word: Key, values?: Fault['values']) => Fault[]

function ofText(part: Schema, value: string, wrong: Wrong): Fault[] {
  if (isTemplate(value)) return []
  if (value === '' && (part.minLength ?? 0) > 0) return wrong('form.required')
  if (value.length < (part.minLength ?? 0)) return wrong('form.short', { n: part.minLength ?? 0 })
  if (value.length > (part.maxLength ?? Infinity)) return wrong('form.long', { n: part.maxLength ?? 0 })
  if (part.format === 'email' && !/^\S+@\S+$/.test(value)) return wrong('form.email')
  return part.pattern && !matches(part.pattern, value) ? wrong('form.pattern', { pattern: part.pattern }) : []
}

function ofNumber(part: Schema, value: unknown, wrong: Wrong): Fault[] {
  if (value === undefined || value === '') return wrong('form.required')
  if (typeof value !== 'number') return wrong('form.number')
  if ([part.type].flat().includes('integer') && !Number.isInteger(value)) return wrong('form.whole')
  if (value < (part.minimum ?? -Infinity)) return wrong('form.least', { n: part.minimum ?? 0 })
  return value > (part.maximum ?? Infinity) ? wrong('form.most', { n: part.maximum ?? 0 }) : []
}

/** The host matches by another engine; what this one does not understand is left to it. */
function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return true
  }
}
