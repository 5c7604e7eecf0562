/** What the script on the shop's pages may do, as the console asks for it and as the service keeps it. */
import type { Schemas } from '../api/client'
import { readSpan, writeSpan } from '../flow/span'
import type { Schema } from '../pieces/schema'
import type { Key } from '../words'

type Storefront = Schemas['Storefront']
type Form = Schemas['Form']
type Language = { title?: string; text?: string; consent?: string; button?: string; done?: string }

/** A form as it is asked for: what it asks by a box each, and when it opens in seconds. */
export type Written = {
  origins?: string[]
  forms?: Record<
    string,
    {
      email?: boolean
      phone?: boolean
      needs_consent?: boolean
      opens_after?: number
      code?: string
      topic?: string
      language?: string
      texts?: Record<string, Language>
    }
  >
}

const KINDS = ['email', 'phone'] as const
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

const map = <A, B>(of: Record<string, A>, to: (one: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(of).map(([name, one]) => [name, to(one)]))

export function written(storefront: Storefront | null | undefined): Written {
  const forms = map(storefront?.forms ?? {}, ({ asks, consent, opens_after, topic, code, ...rest }: Form) => {
    const span = readSpan(opens_after)
    return {
      ...rest,
      email: asks.includes('email'),
      phone: asks.includes('phone'),
      needs_consent: consent === 'needed',
      ...(span ? { opens_after: span.number * SECONDS[span.unit] } : {}),
      ...(topic ? { topic } : {}),
      ...(code ? { code } : {}),
      texts: rest.texts as Record<string, Language>,
    }
  })
  return { origins: storefront?.origins ?? [], forms }
}

/** Whoever takes the last page away ends the script. */
export function kept({ origins = [], forms = {} }: Written): Storefront | null {
  if (origins.length === 0 && Object.keys(forms).length === 0) return null
  const of = ({ email = true, phone = false, needs_consent, opens_after, ...rest }: (typeof forms)[string]) => ({
    language: 'en',
    texts: {},
    ...rest,
    asks: KINDS.filter(kind => ({ email, phone })[kind]),
    consent: needs_consent ? 'needed' : 'asked',
    ...(opens_after === undefined ? {} : { opens_after: writeSpan(opens_after, 's') }),
  })
  return { origins, forms: map(forms, of) as Storefront['forms'] }
}

/** Where the service names a fault of a question. */
export function fieldOf(pointer: string): string {
  const parts = pointer.split('/').slice(1)
  if (parts.length === 3 && KINDS.includes(parts[2] as 'email')) parts[2] = 'asks'
  return parts.reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : `${path}.${part}`), 'storefront')
}

/** The questions, in the language of the console. */
export function questions(say: (key: Key) => string): Schema {
  const text = (title: string, more: Schema = {}): Schema => ({ type: 'string', title, ...more })
  const long = (title: string) => text(title, { maxLength: 501 })
  return {
    type: 'object',
    required: ['origins', 'forms'],
    properties: {
      origins: {
        type: 'array',
        title: say('storefront.origins'),
        description: say('storefront.originsAbout'),
        items: text(say('storefront.origin'), { examples: ['https://shop.example'] }),
      },
      forms: {
        type: 'object',
        title: say('storefront.forms'),
        description: say('storefront.formsAbout'),
        additionalProperties: {
          type: 'object',
          required: ['language', 'texts'],
          properties: {
            email: { type: 'boolean', title: say('storefront.email'), default: true },
            phone: { type: 'boolean', title: say('storefront.phone') },
            needs_consent: { type: 'boolean', title: say('storefront.needsConsent') },
            code: text(say('storefront.code'), { description: say('storefront.codeAbout') }),
            opens_after: {
              type: 'integer',
              title: say('storefront.opensAfter'),
              description: say('storefront.opensAfterAbout'),
              minimum: 0,
              maximum: 3600,
            },
            topic: text(say('storefront.topic'), { description: say('storefront.topicAbout') }),
            language: text(say('storefront.language'), { default: 'en', examples: ['en'] }),
            texts: {
              type: 'object',
              title: say('storefront.texts'),
              description: say('storefront.textsAbout'),
              additionalProperties: {
                type: 'object',
                required: ['title', 'consent'],
                properties: {
                  title: text(say('storefront.title')),
                  consent: text(say('storefront.consent')),
                  text: long(say('storefront.text')),
                  button: text(say('storefront.button')),
                  done: text(say('storefront.done')),
                },
              },
            },
          },
        },
      },
    },
  }
}
