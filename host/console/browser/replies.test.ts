/** A customer writes over WhatsApp: it stands among the replies, and is answered from the console. */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Local } from './local'
import { Service } from './service'
import { Visitor } from './visitor'

/** What Meta was asked to send; it takes whatever comes. */
const sent: { type: string; text?: { body: string } }[] = []
let meta: Local
let service: Service
let visitor: Visitor
let shop = ''

beforeAll(async () => {
  meta = await Local.start((_, body) => [200, { messages: [{ id: `wamid.${sent.push(JSON.parse(body))}` }] }])
  service = await Service.demo(['--still', '--allow-private-host', meta.host])
  visitor = await Visitor.come(service.url)
  shop = await visitor.home()
  const { items } = (await service.ask('GET', '/v1/plugins')) as {
    items: { name: string; asks: { hosts: object[] } }[]
  }
  const asks = items.find(one => one.name === 'whatsapp-cloud')?.asks
  const channel = (await service.ask('PUT', '/v1/channels/whatsapp', {
    plugin: 'whatsapp-cloud',
    config: { phone_number_id: '10655', endpoint: `http://${meta.host}` },
    grants: { ...asks, hosts: [...(asks?.hosts ?? []), { host: meta.host, methods: ['GET', 'POST'] }] },
    secrets: { access_token: 'the access token', app_secret: 'the app secret', verify_token: 'the verify token' },
  })) as { webhook: string }
  await writes(channel.webhook, 'Is the teapot red?')
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
  meta?.stop()
})

/** Meta tells of a message, signed as it signs. */
async function writes(webhook: string, text: string) {
  const { now } = (await service.ask('GET', '/v1/demo/clock')) as { now: string }
  const message = {
    from: '4915112345678',
    id: 'wamid.question',
    timestamp: String(Math.floor(Date.parse(now) / 1_000)),
    type: 'text',
    text: { body: text },
  }
  const value = { messaging_product: 'whatsapp', messages: [message] }
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field: 'messages', value }] }],
  })
  const signature = createHmac('sha256', 'the app secret').update(body).digest('hex')
  const address = webhook.startsWith('http') ? webhook : `${service.url}${webhook}`
  const answer = await fetch(`${service.url}${new URL(address).pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    body,
  })
  expect(answer.status).toBe(200)
}

test('what a customer wrote is read and answered, and seen to be sent', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/replies`)
  await page.getByRole('link', { name: 'Is the teapot red?' }).click()
  await page.getByRole('textbox', { name: 'Your answer' }).fill('It is, dark red.')
  await visitor.isSound('a reply that is answered')
  await visitor.press(page.getByRole('button', { name: 'Send' }))
  await page.getByText('sent', { exact: true }).waitFor()
  expect(sent.map(one => [one.type, one.text?.body])).toEqual([['text', 'It is, dark red.']])
  await page.getByText('Nobody waits for an answer.').waitFor()
  for (const [language, theme, width] of [
    ['en', 'light', 1280],
    ['ar', 'dark', 360],
    ['zh', 'light', 360],
  ] as const) {
    await page.setViewportSize({ width, height: 860 })
    await visitor.choose(language, theme)
    await visitor.goto(new URL(page.url()).pathname.replace('/console', '') + new URL(page.url()).search)
    await visitor.shoot(`reply-${language}-${theme}-${width}`)
    await visitor.isSound(`a reply in ${language}, ${theme}, ${width}`)
  }
  await page.setViewportSize({ width: 1280, height: 860 })
  await visitor.choose('en', 'light')
}, 60_000)

test('what was written stands with the customer', async () => {
  const { page } = visitor
  const { items } = (await service.ask('GET', '/v1/replies')) as { items: { customer: string }[] }
  await visitor.goto(`${shop}/customers/${items[0]?.customer}`)
  await page.getByRole('heading', { name: 'What they wrote' }).waitFor()
  await page.getByText('It is, dark red.').waitFor()
  await visitor.isSound('a customer who wrote')
}, 30_000)

test('who is told of replies is said beside them', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/replies`)
  await visitor.press(page.getByRole('button', { name: 'Add somebody' }))
  await page.getByRole('combobox', { name: 'Channel' }).last().selectOption('inbox')
  await page.getByRole('textbox', { name: 'To whom' }).fill('staff')
  await visitor.press(page.getByRole('button', { name: 'Save' }))
  await page.getByText('Saved.').waitFor()
  const { items } = (await service.ask('GET', '/v1/shops')) as { items: { replies?: object[] }[] }
  expect(items[0]?.replies).toEqual([{ channel: 'inbox', to: 'staff' }])
}, 30_000)
