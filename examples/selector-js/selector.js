// The content for full carts where the cart is full, the first one else; with a headline in the customer's language.

import * as candidates from 'cartwright:plugin/candidates@0.2.0';
import * as cart from 'cartwright:plugin/cart@0.2.0';
import * as customer from 'cartwright:plugin/customer@0.2.0';
import * as decision from 'cartwright:plugin/decision@0.2.0';
import * as words from 'cartwright:plugin/words@0.2.0';

// What a strategy may configure; the console makes its form from it.
const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Full cart',
  type: 'object',
  additionalProperties: false,
  required: ['min_pieces', 'label'],
  properties: {
    min_pieces: { title: 'From this many pieces on', type: 'integer', minimum: 1, maximum: 1000000 },
    label: { title: 'Show the content with this label', type: 'string', minLength: 1, maxLength: 100 },
  },
};

const WORDS = {
  '': { full: 'Your cart is full of good things', few: 'You left something behind' },
  de: { full: 'Ihr Warenkorb ist gut gefüllt', few: 'Sie haben etwas vergessen' },
  vi: { full: 'Giỏ hàng của bạn đầy ắp', few: 'Bạn để quên món hàng' },
};

export const selector = {
  describe: () => ({
    title: 'Full cart',
    summary: 'The content with a label for full carts, the first one for others; both with a headline.',
    configSchema: JSON.stringify(SCHEMA),
    facts: [
      { fact: 'cart.pieces', why: 'To see whether the cart is full.' },
      { fact: 'customer.language', why: 'To write the headline in it.' },
    ],
    hosts: [],
    secrets: [],
    translations: JSON.stringify(WORDS),
    instances: 'per-batch',
  }),

  checkConfig(config) {
    read(config);
  },

  select() {
    const { min_pieces, label } = read(decision.config());
    const isFull = cart.pieces() >= min_pieces;
    const language = customer.language() ?? '';
    return {
      candidate: (isFull ? place(label) : undefined) ?? 0,
      variables: [{ name: 'headline', value: words.translate(isFull ? 'full' : 'few', language) ?? '' }],
      reason: isFull ? `at least ${min_pieces} pieces` : `fewer than ${min_pieces} pieces`,
    };
  },
};

// Where the first candidate with the label stands; nothing where none has it.
function place(label) {
  for (let index = 0; index < candidates.count(); index++) {
    if (candidates.hasLabel(index, label)) return index;
  }
}

// The configuration, or a fault that names the field.
function read(text) {
  let config;
  try {
    // The parser would end the call on what is nested a thousand times.
    if (text.split(/[[{]/).length > 100) throw new Error('it is nested too deeply');
    config = JSON.parse(text);
  } catch (error) {
    throw badConfig(`the configuration is no JSON: ${error.message}`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw badConfig('the configuration must be an object with min_pieces and label');
  }
  const unknown = Object.keys(config).find((field) => !Object.hasOwn(SCHEMA.properties, field));
  if (unknown !== undefined) throw badConfig(`${unknown} is unknown; there are min_pieces and label`);
  if (!Number.isInteger(config.min_pieces) || config.min_pieces < 1) {
    throw badConfig('min_pieces must be a whole number of at least 1');
  }
  if (typeof config.label !== 'string' || config.label === '') {
    throw badConfig('label must be a text that is not empty');
  }
  return config;
}

// A fault is thrown as the contract spells it; an Error would end the call instead.
function badConfig(message) {
  return { kind: 'bad-config', message };
}
