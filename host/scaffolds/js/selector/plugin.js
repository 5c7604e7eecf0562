// The content that is labelled with the customer's language, the first one else; with a headline in that language.

import * as candidates from 'cartwright:plugin/candidates@0.2.0';
import * as customer from 'cartwright:plugin/customer@0.2.0';
import * as words from 'cartwright:plugin/words@0.2.0';

const WORDS = {
  '': { headline: 'You left something behind' },
  de: { headline: 'Sie haben etwas vergessen' },
};

export const selector = {
  describe: () => ({
    title: '{{title}}',
    summary: 'The content in the language of the customer.',
    configSchema: JSON.stringify({ type: 'object', additionalProperties: false }),
    facts: [{ fact: 'customer.language', why: 'To choose the content.' }],
    hosts: [],
    secrets: [],
    translations: JSON.stringify(WORDS),
    instances: 'per-batch',
  }),

  // The schema says all there is to say.
  checkConfig() {},

  select() {
    const language = customer.language() ?? '';
    const places = [...Array(candidates.count()).keys()];
    return {
      candidate: places.find((place) => candidates.hasLabel(place, language)) ?? 0,
      variables: [{ name: 'headline', value: words.translate('headline', language) ?? '' }],
    };
  },
};
