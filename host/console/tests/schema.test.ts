/** What a form asks of a plugin's schema, and what it says of an answer that does not fit. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blank, faultsOf, resolve, type Schema, shapeOf } from '../src/pieces/schema'

const said = (schema: Schema, value: unknown) =>
  faultsOf(schema, schema, value).map(fault => `${fault.at} ${fault.word}`)

const HIGH_VALUE: Schema = {
  type: 'object',
  required: ['min_orders'],
  properties: {
    min_orders: { type: 'integer', minimum: 0, maximum: 10 },
    min_spent: {
      type: 'object',
      required: ['amount', 'currency'],
      properties: {
        amount: { type: 'string', pattern: '^[0-9]+$' },
        currency: { type: 'string', pattern: '^[A-Z]{3}$' },
      },
    },
  },
}

test('what is missing, too much or not of its kind is said where it stands', () => {
  expect(said(HIGH_VALUE, {})).toEqual(['/min_orders form.required'])
  expect(said(HIGH_VALUE, { min_orders: 'many' })).toEqual(['/min_orders form.number'])
  expect(said(HIGH_VALUE, { min_orders: 1.5 })).toEqual(['/min_orders form.whole'])
  expect(said(HIGH_VALUE, { min_orders: 11 })).toEqual(['/min_orders form.most'])
  expect(said(HIGH_VALUE, { min_orders: 3, min_spent: { amount: 'ten' } })).toEqual([
    '/min_spent/amount form.pattern',
    '/min_spent/currency form.required',
  ])
  expect(said(HIGH_VALUE, { min_orders: 3, min_spent: { amount: '10', currency: 'EUR' } })).toEqual([])
})

test('references are put in their place, and what several parts say is joined', () => {
  const schema: Schema = {
    type: 'object',
    properties: { price: { $ref: '#/$defs/price' } },
    $defs: {
      price: {
        allOf: [{ type: 'object', properties: { amount: { type: 'string' } } }, { required: ['amount'] }],
      },
    },
  }
  const price = resolve(schema, schema.properties?.price)
  expect(shapeOf(price)).toBe('fields')
  expect(price.required).toEqual(['amount'])
  expect(said(schema, { price: {} })).toEqual(['/price/amount form.required'])
})

test('of several ways to answer any one will do', () => {
  const schema: Schema = {
    oneOf: [{ const: 'none' }, { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }],
  }
  expect(shapeOf(schema)).toBe('variants')
  expect(said(schema, 'none')).toEqual([])
  expect(said(schema, { n: 1 })).toEqual([])
  expect(said(schema, { n: 'x' })).not.toEqual([])
})

test('where one of several fields is wanted, all are asked, and one has to be filled in', () => {
  const schema: Schema = {
    type: 'object',
    oneOf: [{ required: ['template'] }, { required: ['text'] }],
    properties: { template: { type: 'string', title: 'Template' }, text: { type: 'string' } },
  }
  expect(shapeOf(schema)).toBe('fields')
  expect(said(schema, {})).toEqual(['/template form.required'])
  expect(said(schema, { text: 'Hello' })).toEqual([])
  expect(said(schema, { template: 'cart', text: 'Hello' })).toEqual(['/text form.instead'])
  const { oneOf: anyOf, ...rest } = schema
  expect(said({ ...rest, anyOf }, { template: 'cart', text: 'Hello' })).toEqual([])
})

test('a form begins with what has no other value, and says nothing of what may be left out', () => {
  const schema: Schema = {
    type: 'object',
    required: ['kind', 'names', 'text'],
    properties: {
      kind: { const: 'sms' },
      names: { type: 'array', items: { type: 'string' } },
      text: { type: 'string' },
      parts: { type: 'integer' },
    },
  }
  expect(blank(schema, schema)).toEqual({ kind: 'sms', names: [], text: '' })
})

/** Every schema of a plugin that we ship or show. */
function schemas(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (entry.isDirectory()) {
      const isOurs = !/^(node_modules|target|build|dist|\..*)$/.test(entry.name)
      return isOurs ? schemas(join(folder, entry.name)) : []
    }
    return /^(config|content)\.schema\.json$/.test(entry.name) ? [join(folder, entry.name)] : []
  })
}

const ROOT = join(import.meta.dirname, '../../..')
const shipped = [...schemas(join(ROOT, 'plugins')), ...schemas(join(ROOT, 'examples'))]

test.each(shipped)('%s is asked in fields alone', path => {
  const schema: Schema = JSON.parse(readFileSync(path, 'utf8'))
  /** A document of anybody's own: only they know its fields. */
  const isFree = (part: Schema) => part.type === 'object' && !part.properties
  const shapes = (part: Schema): string[] => [
    shapeOf(part),
    ...Object.values(part.properties ?? {})
      .map(field => resolve(schema, field))
      .filter(field => !isFree(field))
      .flatMap(shapes),
  ]
  expect(shapes(schema)[0]).toBe('fields')
  expect(shapes(schema)).not.toContain('json')
})
