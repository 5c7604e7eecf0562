/** What can begin a run, in the order in which it is offered. */
import type { Schemas } from '../api/client'

export const TRIGGERS: Schemas['TriggerKind'][] = [
  'cart',
  'checkout',
  'order_placed',
  'order_paid',
  'order_fulfilled',
  'order_delivered',
  'reply',
  'click',
  'date',
  'custom',
]
