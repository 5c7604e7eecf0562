// Reads the signed webhooks of a shop platform.

import type * as contract from 'cartwright:plugin/source@0.2.0';
import type { Event, Fault } from 'cartwright:plugin/source@0.2.0';
import * as secrets from 'cartwright:plugin/secrets@0.2.0';

export const source: typeof contract = {
  describe: () => ({
    title: '{{title}}',
    summary: 'Carts of a shop platform, from its webhooks.',
    configSchema: JSON.stringify({ type: 'object', additionalProperties: false }),
    facts: [],
    hosts: [],
    secrets: [{ name: 'secret', title: 'Signing secret', why: 'The platform signs its webhooks with it.' }],
    translations: '{}',
    instances: 'per-batch',
  }),

  // It only listens. `poll`, `backfill`, `orders-of`, `subscribe` and `probe` are requests, as a channel makes them.
  tasks: () => [],

  // The schema says all there is to say.
  checkConfig() {},

  // `x-signature`: the HMAC-SHA256 of the body with the secret, in hex.
  verify(webhook) {
    const hex = webhook.headers.find(({ name }) => name === 'x-signature')?.value ?? '';
    const signature = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
    if (secrets.verify('secret', 'hmac-sha256', webhook.body, signature)) return { tag: 'authentic' };
    return { tag: 'refused', val: 'x-signature does not fit the secret' };
  },

  parse(webhook) {
    const { id, topic, at, cart, email, lines } = read(webhook.body);
    if (topic !== 'cart') return { tag: 'unknown-topic', val: String(topic) };
    const subject = [{ kind: 'cart', value: String(cart) }];
    if (email) subject.push({ kind: 'email', value: String(email) });
    // The body of each type stands in wit/events.schema.json.
    const body = { lines: lines.filter(Boolean).map(({ title, quantity, sku }) => ({ title, quantity, sku })) };
    const event: Event = { id: String(id), type: 'cart.updated', occurredAt: at, subject, body: JSON.stringify(body) };
    return { tag: 'events', val: [event] };
  },

  begin: nothing,
  resume: nothing,
};

function nothing(): never {
  const fault: Fault = { kind: 'not-supported', message: 'this source only listens' };
  throw fault;
}

// What the platform sends.
interface Webhook {
  id: string;
  topic: string;
  at: number;
  cart: string;
  email?: string;
  lines: { title: string; quantity: number; sku?: string }[];
}

// The webhook, or a fault that says what is wrong with it.
function read(body: Uint8Array): Webhook {
  try {
    const webhook = JSON.parse(shallow(text(body)));
    if (webhook.topic !== 'cart' || (Number.isSafeInteger(webhook.at) && Array.isArray(webhook.lines))) return webhook;
  } catch {
    // No JSON is as wrong as no lines.
  }
  const message = 'the webhook must be JSON with a topic; a cart has lines and `at` in milliseconds';
  const fault: Fault = { kind: 'bad-input', message };
  throw fault;
}

// UTF-8, which QuickJS has no `TextDecoder` for.
function text(source: Uint8Array): string {
  let letters = '';
  for (let at = 0; at < source.length; at += 4096) letters += String.fromCharCode(...source.subarray(at, at + 4096));
  return decodeURIComponent(escape(letters));
}

// The text, unless it is nested deeper than any webhook: the parser would end the call.
function shallow(text: string): string {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > 100) throw new Error('nested too deeply');
  }
  return text;
}
