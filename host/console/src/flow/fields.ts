/** What rules can be about, and how each can be compared. */
import type { Schemas } from '../api/client'

export type FieldKind = 'text' | 'known' | 'count' | 'amount' | 'instant' | 'many' | 'any'
type Operator = Schemas['Operator']

export const FIELDS: Record<string, FieldKind> = {
  'customer.country': 'text',
  'customer.province': 'text',
  'customer.city': 'text',
  'customer.language': 'text',
  'customer.time_zone': 'text',
  'customer.consent': 'text',
  'customer.email': 'known',
  'customer.phone': 'known',
  'customer.registered_at': 'instant',
  'customer.tags': 'many',
  'customer.lists': 'many',
  'orders.count': 'count',
  'orders.count_since_start': 'count',
  'orders.spent': 'amount',
  'orders.average': 'amount',
  'orders.first_at': 'instant',
  'orders.last_at': 'instant',
  'cart.total': 'amount',
  'cart.pieces': 'count',
  'cart.lines': 'count',
  'cart.available': 'count',
  'cart.sold_out': 'count',
  'cart.skus': 'many',
  'cart.product_types': 'many',
  'cart.tags': 'many',
  'cart.collections': 'many',
  'cart.categories': 'many',
  'cart.updated_at': 'instant',
  'messages.sent': 'count',
  'messages.delivered': 'count',
  'messages.read': 'count',
  'messages.clicked': 'count',
  'messages.replied': 'count',
  'messages.last_at': 'instant',
  'run.messages_sent': 'count',
  'run.started_at': 'instant',
  'local_time.weekday': 'text',
  'local_time.hour': 'count',
}

const ORDERED: Operator[] = ['>=', '>', '=', '!=', '<', '<=']
export const OPERATORS: Record<FieldKind, Operator[]> = {
  text: ['=', '!=', 'includes', 'excludes', 'not_empty', 'empty'],
  known: ['not_empty', 'empty'],
  count: ORDERED,
  amount: [...ORDERED, 'not_empty', 'empty'],
  instant: ['within', '>', '<', 'not_empty', 'empty'],
  many: ['includes', 'excludes', 'not_empty', 'empty'],
  any: ['=', '!=', '>=', '>', '<', '<=', 'includes', 'excludes', 'within', 'not_empty', 'empty'],
}

/** Attributes and answers of servers hold whatever they hold. */
export const kindOf = (field: string): FieldKind => FIELDS[field] ?? 'any'

/** Whether what is counted can be counted in a time. */
export const takesRange = (field: string) =>
  ['orders.count', 'orders.spent', 'orders.average'].includes(field) ||
  (field.startsWith('messages.') && kindOf(field) === 'count')
/** What goods can be meant by. */
export const GOODS = ['sku', 'product_type', 'tag', 'collection', 'category'] as const
export const isOfGoods = (field: string) =>
  (field.startsWith('orders.') && field !== 'orders.count_since_start') ||
  ['cart.pieces', 'cart.lines', 'cart.available', 'cart.sold_out'].includes(field)
export const isOfMessages = (field: string) => field.startsWith('messages.')

/** What is compared with when somebody has only just chosen the field or the operator. */
export function firstValue(kind: FieldKind, operator: Operator, currency: string): unknown {
  if (['empty', 'not_empty', 'within'].includes(operator)) return null
  if (operator === 'includes' || operator === 'excludes') return []
  if (kind === 'count') return 1
  if (kind === 'amount') return { amount: '0.00', currency }
  return ''
}

/** A value as somebody types it, for what may hold anything. */
export function readValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
