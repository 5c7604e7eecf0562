// Yes for customers with enough orders, and for those whom the shop tagged.

import type * as contract from 'cartwright:plugin/condition@0.2.0';
import type { Fault } from 'cartwright:plugin/condition@0.2.0';
import * as customer from 'cartwright:plugin/customer@0.2.0';
import * as decision from 'cartwright:plugin/decision@0.2.0';
import * as orders from 'cartwright:plugin/orders@0.2.0';

interface Config {
  min_orders: number;
  tag?: string;
}

// What a strategy may configure; the console makes its form from it.
const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Loyal customer',
  type: 'object',
  additionalProperties: false,
  required: ['min_orders'],
  properties: {
    min_orders: { title: 'At least this many orders', type: 'integer', minimum: 1, maximum: 1000000 },
    tag: { title: 'Or this tag', type: 'string', minLength: 1, maxLength: 100 },
  },
};

export const condition: typeof contract = {
  describe: () => ({
    title: 'Loyal customer',
    summary: 'Yes for customers with enough orders, and for those with a tag.',
    configSchema: JSON.stringify(SCHEMA),
    facts: [
      { fact: 'orders.count', why: 'To compare it with the least number of orders.' },
      { fact: 'customer.has-tag', why: 'To see whether the shop tagged the customer.' },
    ],
    hosts: [],
    secrets: [],
    translations: '{}',
    instances: 'per-batch',
  }),

  // None of its own: `yes` and `no`.
  branches: () => [],

  checkConfig(config) {
    read(config);
  },

  evaluate() {
    const { min_orders, tag } = read(decision.config());
    // Only what is read is loaded, shown in the trace, and asked to be granted: ask for the cheap fact first.
    const isLoyal = orders.count() >= min_orders || (tag !== undefined && customer.hasTag(tag));
    return { branch: isLoyal ? 'yes' : 'no' };
  },
};

// The configuration, or a fault that names the field.
function read(text: string): Config {
  let config: unknown;
  try {
    // The parser would end the call on what is nested a thousand times.
    if (text.split(/[[{]/).length > 100) throw new Error('it is nested too deeply');
    config = JSON.parse(text);
  } catch (error) {
    throw badConfig(`the configuration is no JSON: ${(error as Error).message}`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw badConfig('the configuration must be an object with min_orders');
  }
  const { min_orders, tag, ...others }: { min_orders?: unknown; tag?: unknown } = config;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw badConfig(`${unknown} is unknown; there are min_orders and tag`);
  if (typeof min_orders !== 'number' || !Number.isInteger(min_orders) || min_orders < 1) {
    throw badConfig('min_orders must be a whole number of at least 1');
  }
  if (tag === undefined) return { min_orders };
  if (typeof tag !== 'string' || tag === '') throw badConfig('tag must be a text that is not empty');
  return { min_orders, tag };
}

// A fault is thrown as the contract spells it; an Error would end the call instead.
function badConfig(message: string): Fault {
  return { kind: 'bad-config', message };
}
