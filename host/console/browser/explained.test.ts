/** What happened, and why: each attempt of a message, a customer's whole story, figures of a version. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Service } from './service'
import { tell } from './story'
import { Visitor } from './visitor'

let service: Service
let visitor: Visitor
let shop = ''

beforeAll(async () => {
  service = await Service.demo()
  await tell(service)
  visitor = await Visitor.come(service.url)
  shop = await visitor.home()
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

test('a message tells of each attempt what was answered', async () => {
  const { page } = visitor
  const sent = (await service.ask('GET', '/v1/messages?state=accepted')) as { items: { id: string }[] }
  await visitor.goto(`${shop}/messages/${sent.items[0]?.id}`)
  const attempts = page.locator('.card').filter({ hasText: 'Attempts and receipts' })
  await attempts.getByText('Attempt 1').waitFor()
  await attempts.getByText('The provider has it.').waitFor()
  await visitor.isSound('the attempts of a message')
  await visitor.shoot('message-attempts')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('a customer who ordered in time has the order and the consent in one story with the decisions', async () => {
  const { page } = visitor
  const found = (await service.ask('GET', '/v1/customers?find=ben')) as { items: { id: string }[] }
  await visitor.goto(`${shop}/customers/${found.items[0]?.id}`)
  const story = page.locator('.card').filter({ hasText: 'Everything that happened, and what was decided' })
  await story.getByText('Order 5001, placed: €64.50').waitFor()
  await story.getByText('On marketing they said “Yes”').waitFor()
  await story.getByText('The order 5001 took it out', { exact: false }).waitFor()
  await visitor.isSound('the story of a customer')
  await visitor.shoot('customer-story')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('runs are listened to, and who comes stands in the list', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/runs`)
  await page.getByText('Live', { exact: true }).first().waitFor()
  expect(await page.locator('tbody tr').count()).toBe(2)
  await visitor.isSound('runs that are listened to')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('figures are of a version and of days, and a day on which nothing was sent has none', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/reports`)
  const funnel = page.locator('.card').filter({ hasText: 'From considered to clicked' })
  await funnel.getByRole('row', { name: 'Sent' }).getByText('1', { exact: true }).waitFor()
  await page.getByLabel('Strategy', { exact: true }).selectOption('Add-to-cart reminder')
  await page.getByLabel('Version', { exact: true }).selectOption('1')
  await funnel.getByRole('row', { name: 'Sent' }).getByText('1', { exact: true }).waitFor()
  expect(page.url()).toContain('version=')
  await visitor.isSound('the report of a version')
  await visitor.shoot('reports-version')
  await page.getByLabel('To the day').fill('2020-01-02')
  await page.getByLabel('From the day').fill('2020-01-01')
  await page.getByText('Nothing fits. Take one of the filters away.').waitFor()
}, 60_000)
