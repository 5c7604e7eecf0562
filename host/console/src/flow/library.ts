/** Strategies that are ready to be taken: the very files of the examples, which tests play. */
import reminder from '../../../../examples/add-to-cart-reminder.strategy.json'
import highValue from '../../../../examples/high-value-first.strategy.json'
import morning from '../../../../examples/morning-after.strategy.json'
import type { Strategy } from './document'

/** One of the library; what is not there yet says what it waits for. */
export type Ready = { key: string; strategy?: Strategy }

const file = (of: unknown) => of as Strategy

export const LIBRARY: Ready[] = [
  { key: 'reminder', strategy: file(reminder) },
  { key: 'highValue', strategy: file(highValue) },
  { key: 'morning', strategy: file(morning) },
  { key: 'fourSteps' },
  { key: 'bringBack' },
]
