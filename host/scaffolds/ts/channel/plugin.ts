// Sends a text over HTTP, and reads receipts. The host makes the requests: the plugin says which, and what came of it.

import type * as contract from 'cartwright:plugin/channel@0.2.0';
import type { Completion, Fault, Rejection, Step, TaskKind } from 'cartwright:plugin/channel@0.2.0';
import type { HttpRequest, Request } from 'cartwright:plugin/transport@0.2.0';
import * as connection from 'cartwright:plugin/connection@0.2.0';
import * as secrets from 'cartwright:plugin/secrets@0.2.0';

const CONFIG = {
  type: 'object',
  additionalProperties: false,
  required: ['endpoint'],
  properties: { endpoint: { title: 'Address of the provider', type: 'string', pattern: '^https?://[^/?#@\\s]+$' } },
};
const CONTENT = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: { text: { title: 'Text', type: 'string', minLength: 1 } },
};

export const channel: typeof contract = {
  describe: () => ({
    title: '{{title}}',
    summary: 'Text messages over HTTP.',
    configSchema: JSON.stringify(CONFIG),
    facts: [],
    hosts: [{ host: '{config:/endpoint}', methods: ['GET', 'POST'], pathPrefix: '/', why: 'The provider is there.' }],
    secrets: [{ name: 'token', title: 'Token', why: 'The provider knows us by it, and signs its webhooks with it.' }],
    translations: '{}',
    instances: 'per-batch',
  }),

  ability: () => ({
    channel: '{{name}}',
    tasks: ['send', 'probe'],
    addresses: ['phone'],
    contentSchema: JSON.stringify(CONTENT),
    sends: 'not-idempotent',
    receipts: ['delivered', 'read'],
    billed: 'never',
    refreshes: [],
  }),

  checkConfig(config) {
    read(config);
  },

  begin(task) {
    const { endpoint } = read(connection.config());
    switch (task.tag) {
      case 'send': {
        const { id, to, content } = task.val;
        const message = { id, to: to.value, text: JSON.parse(content).text };
        return ask('send', 'POST', `${endpoint}/messages`, message);
      }
      case 'probe':
        return ask('probe', 'GET', `${endpoint}/account`);
      default:
        throw fault('not-supported', `this channel does not ${task.tag}`);
    }
  },

  resume(state, [response]) {
    const body = response.tag === 'http' ? json(response.val.body) : {};
    const status = response.tag === 'http' ? response.val.status : 0;
    if (text(state) === 'probe') {
      if (status === 200) return done({ tag: 'probed', val: String(body.name) });
      return done({ tag: 'failed', val: rejection('auth', status, body) });
    }
    if (status >= 200 && status < 300 && body.id) return done({ tag: 'sent', val: { tag: 'accepted', val: { providerId: String(body.id) } } });
    if (status >= 400 && status < 500) return done({ tag: 'sent', val: { tag: 'rejected', val: rejection('bad-request', status, body) } });
    if (response.tag === 'failed' && response.val.tag === 'not-sent') {
      return done({ tag: 'sent', val: { tag: 'rejected', val: rejection('transient', status, body) } });
    }
    // Nobody knows whether the provider has it: never send again by guessing.
    return done({ tag: 'sent', val: { tag: 'uncertain', val: { text: 'the provider said neither yes nor no' } } });
  },

  // `x-signature`: the HMAC-SHA256 of the body with the token, in hex.
  verify(webhook) {
    const hex = webhook.headers.find(({ name }) => name === 'x-signature')?.value ?? '';
    const signature = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
    if (secrets.verify('token', 'hmac-sha256', webhook.body, signature)) return { tag: 'authentic' };
    return { tag: 'refused', val: 'x-signature does not fit the token' };
  },

  receive(webhook) {
    const { id, state, message, at } = json(webhook.body);
    if (state !== 'delivered' && state !== 'read') return [];
    return [{ id: String(id), kind: state, at: Number.isSafeInteger(at) ? Number(at) : 0, messageId: String(message) }];
  },
};

// One request; the state is the task, so that `resume` knows what is answered.
function ask(task: TaskKind, method: string, url: string, body?: object): Step {
  const http: HttpRequest = {
    method,
    url,
    // The host puts the token in its place, on the way to the granted host only.
    headers: [{ name: 'authorization', value: 'Bearer {secret:token}' }, { name: 'content-type', value: 'application/json' }],
    body: body ? bytes(JSON.stringify(body)) : new Uint8Array(),
  };
  const request: Request = { effect: task === 'send' ? 'send' : 'none', action: { tag: 'http', val: http }, captures: [] };
  return { tag: 'call', val: { requests: [request], state: bytes(task) } };
}

function done(val: Completion): Step {
  return { tag: 'done', val };
}

function fault(kind: Fault['kind'], message: string): Fault {
  return { kind, message };
}

function rejection(tag: 'auth' | 'bad-request' | 'transient', status: number, body: Json): Rejection {
  return { class: { tag }, details: { code: String(status), text: String(body.error ?? 'the provider did not say why') } };
}

// The configuration, or a fault that names the field.
function read(config: string): { endpoint: string } {
  const { endpoint } = json(config);
  if (typeof endpoint === 'string' && /^https?:\/\/[^/?#@\s]+$/.test(endpoint)) return { endpoint };
  throw fault('bad-config', 'endpoint must be an address like https://api.example.com');
}

type Json = Record<string, unknown>;

// An object from JSON; an empty one from anything else.
function json(source: string | Uint8Array): Json {
  try {
    const value = JSON.parse(shallow(typeof source === 'string' ? source : text(source)));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

// UTF-8, which QuickJS has no `TextEncoder` for.
function bytes(source: string): Uint8Array {
  return Uint8Array.from(unescape(encodeURIComponent(source)), (letter) => letter.charCodeAt(0));
}

function text(source: Uint8Array): string {
  let letters = '';
  for (let at = 0; at < source.length; at += 4096) letters += String.fromCharCode(...source.subarray(at, at + 4096));
  return decodeURIComponent(escape(letters));
}

// The text, unless it is nested deeper than any answer: the parser would end the call, and with it the message.
function shallow(text: string): string {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > 100) throw new Error('nested too deeply');
  }
  return text;
}
