/** The demo as somebody finds it who has just started it: shoppers come by themselves, and it says what to try. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Service } from './service'
import { Visitor } from './visitor'

let service: Service
let visitor: Visitor

beforeAll(async () => {
  service = await Service.demo([])
  visitor = await Visitor.come(service.url)
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

test('events flow, and skipping ahead brings the reminder of whoever left a cart', async () => {
  const { page } = visitor
  await visitor.goto('/')
  const tour = page.getByRole('region', { name: 'Try this' }).or(page.locator('section', { hasText: 'Try this' }))
  await tour.first().waitFor()
  await visitor.isSound('the demo as it opens')
  await visitor.shoot('demo-opened')
  const clock = page.getByRole('region', { name: 'Demo clock' })
  await clock.getByLabel('How far to skip').selectOption('4h')
  await visitor.press(clock.getByRole('button', { name: 'Skip' }))
  await visitor.press(page.getByRole('link', { name: 'Read what arrived, as on a phone' }))
  await page.getByText('Hi Mara, your Copper teapot').first().waitFor({ timeout: 20_000 })
  // The third shopper wants no news.
  const known = async () => ((await service.ask('GET', '/v1/customers')) as { items: unknown[] }).items.length
  await expect.poll(known, { timeout: 20_000 }).toBeGreaterThan(2)
  await service.ask('POST', '/v1/demo/skip', { by: '4h' })
  await visitor.goto(`${new URL(page.url()).pathname.replace(/.*console/, '').replace(/\/inbox$/, '')}/reports`)
  await page.getByRole('rowheader', { name: 'No consent to marketing' }).waitFor({ timeout: 20_000 })
  await visitor.isSound('reports of the demo')
  await visitor.shoot('demo-reports')
  await visitor.goto('/')
  await visitor.press(page.getByRole('button', { name: 'Close this for good' }))
  await expect.poll(() => page.getByText('Try this').count()).toBe(0)
  expect(visitor.faults).toEqual([])
}, 90_000)
