/** A text message is written: how many parts it is paid for stands beside it, with the longest values too (S25). */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Service } from './service'
import { Visitor } from './visitor'

let service: Service
let visitor: Visitor
let shop = ''

beforeAll(async () => {
  service = await Service.demo()
  visitor = await Visitor.come(service.url)
  shop = await visitor.home()
  const { items } = (await service.ask('GET', '/v1/plugins')) as {
    items: { name: string; asks: object }[]
  }
  await service.ask('PUT', '/v1/channels/sms', {
    plugin: 'twilio',
    config: { account_sid: `AC${'0'.repeat(32)}`, sender: '+15005550006' },
    grants: items.find(one => one.name === 'twilio')?.asks,
    secrets: { auth_token: 'a token of nobody' },
  })
  const variants = [{ channel: 'sms', body: { text: 'Hi' } }]
  await service.ask('PUT', '/v1/contents/short', { name: 'short', variants })
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

test('the parts of a text message are counted while it is written, with one sign that costs half of the room', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/contents/short`)
  const text = page.getByRole('textbox', { name: /^Text/ })
  const counted = (term: string) =>
    page.locator('dl.terms > div').filter({ hasText: term }).locator('dd').innerText()
  for (const [written, parts] of [
    ['x'.repeat(160), '1 (160)'],
    ['x'.repeat(161), '2 (161)'],
    [`${'x'.repeat(70)}ș`, '2 (71)'],
  ] as const) {
    await text.fill(written)
    await expect.poll(() => counted('Text messages')).toContain(parts)
  }
  await text.fill(`${'x'.repeat(150)}{{ user_name }}`)
  await expect.poll(() => counted('Text messages')).toContain('1 (')
  await expect.poll(() => counted('With long names')).toContain('2 (')
  await visitor.isSound('a text message with its parts')
  await visitor.shoot('content-sms')
  expect(visitor.faults).toEqual([])
}, 60_000)
