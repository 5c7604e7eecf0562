/** What has happened in the demo before somebody looks: Ana was reminded, Ben ordered in time. */
import { createHmac } from 'node:crypto'
import type { Service } from './service'

const TEAPOT = {
  variant_id: 49_148_385_722_661,
  product_id: 8101,
  title: 'Copper teapot',
  sku: 'TEA-1',
  quantity: 1,
  price: '64.50',
  price_set: { shop_money: { amount: '64.50', currency_code: 'EUR' } },
}

export async function tell(service: Service) {
  await hook(service, 'checkouts/update', await checkout(service, 'ana'))
  await hook(service, 'carts/update', await cart(service, 'ana'))
  await hook(service, 'checkouts/update', await checkout(service, 'ben'))
  await hook(service, 'carts/update', await cart(service, 'ben'))
  const now = await clock(service)
  await hook(service, 'orders/create', {
    id: 5001,
    name: '#1001',
    cart_token: 'cart-ben',
    email: 'ben@shop.example',
    currency: 'EUR',
    total_price: '64.50',
    source_name: 'web',
    financial_status: 'pending',
    created_at: now,
    updated_at: now,
    line_items: [TEAPOT],
  })
  await service.ask('POST', '/v1/demo/skip', { by: '4h' })
}

async function clock(service: Service): Promise<string> {
  const { now } = (await service.ask('GET', '/v1/demo/clock')) as { now: string }
  return now
}

async function checkout(service: Service, name: string) {
  const now = await clock(service)
  return {
    token: `checkout-${name}`,
    cart_token: `cart-${name}`,
    email: `${name}@shop.example`,
    buyer_accepts_marketing: true,
    currency: 'EUR',
    total_price: '64.50',
    created_at: now,
    updated_at: now,
    customer: {
      id: name === 'ana' ? 71 : 72,
      first_name: name === 'ana' ? 'Ana' : 'Ben',
      last_name: 'Lindqvist',
    },
    line_items: [TEAPOT],
    abandoned_checkout_url: `https://shop.example/checkout/${name}`,
  }
}

async function cart(service: Service, name: string) {
  return { token: `cart-${name}`, updated_at: await clock(service), line_items: [TEAPOT] }
}

/** A webhook, signed as Shopify signs it. */
export async function hook(service: Service, topic: string, body: unknown) {
  const text = JSON.stringify(body)
  const found = /Shopify address:\s+(\S+)\s+\(client secret: (\S+)\)/.exec(service.said)
  const signature = createHmac('sha256', found?.[2] ?? '')
    .update(text)
    .digest('base64')
  const answer = await fetch(found?.[1] ?? '', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-shopify-topic': topic,
      'x-shopify-hmac-sha256': signature,
    },
    body: text,
  })
  if (!answer.ok) throw new Error(`${topic}: ${answer.status} ${await answer.text()}`)
}
