/** What the service says in sentences is read in the reader's language: why somebody got nothing, what is wrong with a
 * strategy, what needs somebody, what a refusal asks for, what a plugin's form asks. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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
  await visitor.goto('/')
  shop = new URL(visitor.page.url()).pathname.replace('/console', '').replace(/\/$/, '')
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

const wordsOf = (language: string): Record<string, string> =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../src/words/${language}.json`), 'utf8'))

/** The beginning of a sentence, before its first value. */
const before = (words: Record<string, string>, key: string) => (words[key] ?? '').split('{')[0]?.trim() ?? ''

/** Nothing of a page is marked as English. */
async function hasNoEnglish(what: string) {
  expect(await visitor.page.locator('main [lang=en]').allInnerTexts(), what).toEqual([])
}

type Found = { items: { id: string; name?: string }[] }
type Why = { findings: { code: string }[] }

test.each(['ar', 'zh'])('in %s, why somebody got nothing has no English sentence', async language => {
  const { page } = visitor
  const { items: customers } = (await service.ask('GET', '/v1/customers')) as Found
  const { items: strategies } = (await service.ask('GET', '/v1/strategies')) as Found
  const words = wordsOf(language)
  await visitor.choose(language, 'light')
  for (const { id } of customers) {
    await visitor.goto(`${shop}/customers/${id}`)
    for (const strategy of strategies) {
      await page.getByLabel(words['why.strategy'] ?? '', { exact: true }).selectOption(strategy.id)
      await visitor.settle()
      const path = `/v1/customers/${id}/why?strategy=${strategy.id}`
      const { findings } = (await service.ask('GET', path)) as Why
      for (const { code } of findings) await page.getByText(before(words, `finding.${code}`)).first().waitFor()
      await hasNoEnglish(`${id} and ${strategy.name}`)
    }
  }
  await visitor.isSound(`why, in ${language}`)
  await visitor.shoot(`customer-why-${language}`)
})

test('what is wrong with a strategy is read where it is, and in the list', async () => {
  const { page } = visitor
  const words = wordsOf('ar')
  await visitor.choose('ar', 'light')
  const said = { message: 'English', severity: 'error' }
  const faults = [
    { ...said, path: 'name', code: 'empty' },
    { ...said, path: 'trigger.next', code: 'no_step', values: { step: 'thanks', known: 'exit' } },
  ]
  await page.route('**/v1/strategies/check', route => route.fulfill({ json: { publishable: false, faults } }))
  await visitor.goto(`${shop}/strategies/new?from=nothing`)
  await page.locator('.flow-side').getByRole('button', { name: words['flowView.faults'] }).click()
  const list = page.locator('.flow-side .flow-faults')
  await list.getByText(words['fault.empty'] ?? '').waitFor()
  await list.getByText(before(words, 'fault.no_step')).waitFor()
  expect(await list.innerText()).not.toContain('English')
  await visitor.isSound('the faults of a strategy, in Arabic')
  await visitor.shoot('strategy-faults-ar')
  await page.unroute('**/v1/strategies/check')
})

test('what needs somebody says why and what to do', async () => {
  const { page } = visitor
  const words = wordsOf('zh')
  await visitor.choose('zh', 'light')
  const codes = { words: 'last_heard', next_step: 'probe_source', values: { at: '2026-11-23T10:00:00.000Z' } }
  const alert = { id: crypto.randomUUID(), cause: 'source_stale', about: 'elm', opened_at: Date.now(), notices: [] }
  const said = { headline: 'English', words: 'English', next_step: 'English', codes }
  await page.route('**/v1/alerts?*', route => route.fulfill({ json: { items: [{ ...alert, ...said }] } }))
  await visitor.goto(`${shop}/alerts`)
  await page.getByText(before(words, 'alertSays.last_heard')).waitFor()
  await page.getByText(words['alertSays.probe_source'] ?? '').waitFor()
  expect(await page.locator('main').innerText()).not.toContain('English')
  // The moment in it is written as everywhere.
  expect(await page.locator('main').innerText()).not.toContain('T10:00:00')
  await page.unroute('**/v1/alerts?*')
})

test('a refusal says what does not fit, and a plugin’s form what it asks', async () => {
  const { page } = visitor
  const words = wordsOf('zh')
  await visitor.choose('zh', 'light')
  await visitor.goto(`${shop}/connections/new/channels?plugin=inbox`)
  await page.getByLabel(words['connections.name'] ?? '').fill('a b')
  await page.getByRole('button', { name: words['connections.setUp'] ?? '' }).click()
  await page.getByText(words['fault.connection_name'] ?? '').first().waitFor()
  await hasNoEnglish('a refusal')
  visitor.expectFault('422')

  await visitor.goto(`${shop}/plugins/high-value?tab=config`)
  await page.getByRole('heading', { level: 1, name: '高价值客户' }).waitFor()
  await page.getByText('至少多少订单').first().waitFor()
  await visitor.isSound('a plugin in Chinese')
})
