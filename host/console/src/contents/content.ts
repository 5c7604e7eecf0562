/** Contents of the shop, and what their variants are written in. */
import { useQuery } from '@tanstack/react-query'
import { api, type Schemas, take } from '../api/client'
import type { Schema } from '../pieces/SchemaForm'
import { usePlugins } from '../plugins/plugin'
import { useVisit } from '../shell/shop'
import { type Speech, useSpeech } from '../words'

export type Content = Schemas['Content']
export type Variant = Content['variants'][number]

/** What every message knows, as far as it is known; the host says the same. */
export const VARIABLES = [
  'user_name',
  'product.title',
  'product.stock',
  'cart.lines.size',
  'cart.total.amount',
  'cart.image_grid',
  'recovery_link',
  'recovery_link | short_link',
  'shop.name',
  'customer.last_name',
  'orders.count',
  'user_email',
  'user_phone',
  'unsubscribe_url',
]

export const fresh = (name: string): Content => ({
  name,
  purpose: 'marketing',
  default_locale: 'en',
  defaults: {},
  variants: [],
})

/** The shop's connected channels by their short names, each with the schema of what is sent over it. */
export function useChannels(): Map<string, Schema> {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const plugins = usePlugins()
  const connected = useQuery({
    queryKey: ['shop', shop.id, 'channels'],
    queryFn: () => take(api.GET('/v1/channels')),
  })
  const found = new Map<string, Schema>()
  for (const connection of connected.data?.items ?? []) {
    const name = connection.plugin.split('@')[0]
    const plugin = plugins.data?.find(one => one.name === name && one.active)
    const channel = connection.ability?.channel ?? plugin?.descriptor.ability?.channel
    if (channel && !found.has(channel)) {
      found.set(channel, withMjml((plugin?.descriptor.content_schema ?? { type: 'object' }) as Schema, say))
    }
  }
  return found
}

/** What is sent as HTML may be written in MJML, which the host makes HTML and text of. */
function withMjml(schema: Schema, say: Speech['say']): Schema {
  const { html, ...others } = schema.properties ?? {}
  if (!html) return schema
  const mjml: Schema = {
    type: 'string',
    title: 'MJML',
    description: say('contents.mjmlAbout'),
    maxLength: 131_072,
    contentMediaType: 'text/html',
  }
  const required = schema.required?.filter(name => name !== 'text')
  return { ...schema, required, properties: { ...others, html, mjml } }
}

/** A field of a variant's body as the host names it (`variants[0].body.buttons[1].url`), from its JSON pointer. */
export function fieldOf(place: number, pointer: string): string {
  const parts = pointer.split('/').slice(1)
  const names = parts.map(part =>
    /^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`,
  )
  return `variants[${place}].body${names.join('')}`
}
