// Yes for customers with enough orders.

import type * as contract from 'cartwright:plugin/condition@0.2.0';
import type { Fault } from 'cartwright:plugin/condition@0.2.0';
import * as decision from 'cartwright:plugin/decision@0.2.0';
import * as orders from 'cartwright:plugin/orders@0.2.0';

// What a strategy may configure; the console makes its form from it.
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['min_orders'],
  properties: { min_orders: { title: 'At least this many orders', type: 'integer', minimum: 1 } },
};

export const condition: typeof contract = {
  describe: () => ({
    title: '{{title}}',
    summary: 'Yes for customers with enough orders.',
    configSchema: JSON.stringify(SCHEMA),
    facts: [{ fact: 'orders.count', why: 'To compare it with the least number of orders.' }],
    hosts: [],
    secrets: [],
    translations: '{}',
    instances: 'per-batch',
  }),

  // Empty means `yes` and `no`.
  branches: () => [],

  checkConfig(config) {
    read(config);
  },

  evaluate() {
    const { min_orders } = read(decision.config());
    return { branch: orders.count() >= min_orders ? 'yes' : 'no' };
  },
};

// The configuration, or a fault that names the field.
function read(text: string): { min_orders: number } {
  try {
    // The parser would end the call on what is nested a thousand times.
    const config = text.length < 1000 && JSON.parse(text);
    if (Number.isInteger(config.min_orders) && config.min_orders >= 1) return config;
  } catch {
    // No JSON is as wrong as no number.
  }
  const fault: Fault = { kind: 'bad-config', message: 'min_orders must be a whole number of at least 1' };
  throw fault;
}
