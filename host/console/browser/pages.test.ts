/** Every page: sound by axe in light and dark, no wider than a phone, without an error, without a request elsewhere,
 * and a picture of each to look at. */
import { get } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Service } from './service'
import { tell } from './story'
import { Visitor } from './visitor'

/** Addresses below the shop's. */
const PAGES: Record<string, string> = {
  overview: '/',
  strategies: '/strategies',
  library: '/strategies/new',
  strategy: '/strategies/{strategy}',
  versions: '/strategies/{strategy}/versions',
  connections: '/connections',
  channel: '/connections/channels/{channel}',
  source: '/connections/sources/{source}',
  'new channel': '/connections/new/channels?plugin=inbox',
  'new source': '/connections/new/sources',
  'new strategy': '/strategies/new?from=nothing',
  contents: '/contents',
  content: '/contents/free shipping',
  customers: '/customers',
  customer: '/customers/{customer}',
  runs: '/runs',
  run: '/runs/{run}',
  messages: '/messages',
  message: '/messages/{message}',
  replies: '/replies',
  reports: '/reports',
  inbox: '/inbox',
  plugins: '/plugins',
  plugin: '/plugins/high-value',
  storefront: '/storefront',
  alerts: '/alerts',
  people: '/people',
  audit: '/audit',
  away: '/nowhere',
}

let service: Service
let visitor: Visitor
let shop = ''
const ids: Record<string, string> = {}

beforeAll(async () => {
  service = await Service.demo()
  await tell(service)
  const lists = { customer: 'customers', run: 'runs', message: 'messages', strategy: 'strategies' }
  for (const [one, list] of Object.entries(lists)) {
    const { items } = (await service.ask('GET', `/v1/${list}`)) as { items: { id: string }[] }
    ids[one] = items.at(-1)?.id ?? ''
  }
  for (const one of ['channel', 'source']) {
    const { items } = (await service.ask('GET', `/v1/${one}s`)) as { items: { name: string }[] }
    ids[one] = items.at(-1)?.name ?? ''
  }
  visitor = await Visitor.come(service.url)
  shop = await visitor.home()
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

const LOOKS: [string, 'light' | 'dark', number][] = [
  ['en', 'light', 1280],
  ['en', 'dark', 1280],
  ['ar', 'light', 1280],
  ['ar', 'dark', 360],
  ['zh', 'light', 360],
  ['ro', 'dark', 1280],
  ['vi', 'light', 1280],
]

test.each(LOOKS)(
  'every page is sound in %s, %s, %i wide',
  async (language, theme, width) => {
    await visitor.page.setViewportSize({ width, height: 860 })
    await visitor.choose(language, theme)
    for (const [name, path] of Object.entries(PAGES)) {
      await visitor.goto(`${shop}${path.replace(/\{(\w+)\}/, (_, name) => ids[name] ?? '')}`)
      await visitor.shoot(`${name}-${language}-${theme}-${width}`)
      await visitor.isSound(`${name} in ${language}, ${theme}, ${width}`)
    }
    const direction = await visitor.page.evaluate(() => document.documentElement.dir)
    expect(direction).toBe(language === 'ar' ? 'rtl' : 'ltr')
  },
  120_000,
)

test('the list of strategies has all of its columns in sight, with room beside them', async () => {
  await visitor.page.setViewportSize({ width: 1280, height: 860 })
  await visitor.choose('en', 'light')
  await visitor.goto(`${shop}/strategies`)
  const table = visitor.page.locator('section.scroll')
  expect(await table.evaluate(one => one.scrollWidth - one.clientWidth)).toBeLessThanOrEqual(0)
  const room = await table.evaluate(one => {
    const last = one.querySelector('tbody tr td:last-child a')?.getBoundingClientRect().right ?? 0
    return one.getBoundingClientRect().right - last
  })
  expect(room).toBeGreaterThan(12)
})

/** What opens on a page: where, by which button, and what is there then. */
const OPENED: Record<string, [string, string | RegExp, 'menu' | 'dialog']> = {
  'whose session it is': ['/', /Signed in as/, 'menu'],
  'the states of a strategy': ['/strategies', /is: Live. Change it/, 'menu'],
  'an invitation': ['/people', 'Invite', 'dialog'],
  'the end of a channel': ['/connections/channels/{channel}', 'Remove', 'dialog'],
}

test.each(LOOKS.filter(([language]) => language === 'en'))(
  'menus and dialogs are sound in %s, %s, %i wide',
  async (language, theme, width) => {
    await visitor.page.setViewportSize({ width, height: 860 })
    await visitor.choose(language, theme)
    for (const [what, [path, button, role]] of Object.entries(OPENED)) {
      await visitor.goto(`${shop}${path.replace(/\{(\w+)\}/, (_, name) => ids[name] ?? '')}`)
      await visitor.press(visitor.page.getByRole('button', { name: button }).first())
      await visitor.page.getByRole(role).first().waitFor()
      // What hangs over a page is in none of its parts: only its words are read then.
      await visitor.isSound(`${what} in ${language}, ${theme}, ${width}`, ['region'])
      await visitor.page.keyboard.press('Escape')
      await expect.poll(() => visitor.page.getByRole(role).count()).toBe(0)
    }
  },
  60_000,
)

test('the demo opens signed in, and skipping its clock ahead brings a message', async () => {
  await visitor.page.setViewportSize({ width: 1280, height: 860 })
  await visitor.choose('en', 'light')
  await visitor.goto('/')
  await visitor.page.getByRole('heading', { level: 1, name: 'Sample shop' }).waitFor()
  await visitor.page.getByText('Copper teapot').waitFor()
  const clock = visitor.page.getByRole('region', { name: 'Demo clock' })
  const before = await clock.locator('.clock-now').textContent()
  await clock.getByLabel('How far to skip').selectOption('3d')
  await clock.getByRole('button', { name: 'Skip' }).click()
  await expect.poll(() => clock.locator('.clock-now').textContent(), { timeout: 20_000 }).not.toBe(before)
  expect(visitor.faults).toEqual([])
}, 60_000)

test('a strategy is paused and made live again, and what that does is said before', async () => {
  await visitor.goto(`${shop}/strategies`)
  const page = visitor.page
  await page.getByRole('searchbox').fill('reminder')
  await expect.poll(() => page.getByText('High value first').count()).toBe(0)
  await page.getByRole('button', { name: 'Add-to-cart reminder is: Live. Change it' }).click()
  await page.getByRole('menuitem', { name: 'Pause' }).click()
  await page.getByText('Nobody enters and nothing is sent').waitFor()
  await visitor.isSound('the question')
  await visitor.shoot('strategy-pause')
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.getByRole('button', { name: 'Add-to-cart reminder is: Paused. Change it' }).click()
  await page.getByRole('menuitem', { name: 'Make live' }).click()
  await page.getByRole('button', { name: 'Make live' }).click()
  await page.getByRole('button', { name: 'Add-to-cart reminder is: Live. Change it' }).waitFor()
  expect(visitor.faults).toEqual([])
}, 60_000)

test('a strategy is deleted only once it is over, and that is asked before', async () => {
  const { page } = visitor
  const { id } = (await service.ask('POST', '/v1/strategies?state=paused', {
    name: 'Summer 2024',
    trigger: { on: 'cart', next: 'end' },
    steps: { end: { kind: 'exit' } },
  })) as { id: string }
  await visitor.goto(`${shop}/strategies`)
  // One that is live offers no way out.
  await page.getByRole('button', { name: 'Add-to-cart reminder is: Live. Change it' }).click()
  await page.getByRole('menuitem', { name: 'Stop' }).waitFor()
  expect(await page.getByRole('menuitem', { name: 'Delete' }).count()).toBe(0)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Summer 2024 is: Paused. Change it' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByText('It leaves the list and its name is free').waitFor()
  await visitor.isSound('the question before a strategy is deleted')
  await visitor.shoot('strategy-delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => page.getByText('Summer 2024').count()).toBe(0)
  await expect(service.ask('GET', `/v1/strategies/${id}`)).rejects.toThrow('404')

  // The service has the last word.
  const { items } = (await service.ask('GET', '/v1/strategies?name=Add-to-cart')) as { items: { id: string }[] }
  const own = `/v1/strategies/${items[0]?.id}/state`
  await service.ask('POST', own, { state: 'paused' })
  await visitor.goto(`${shop}/strategies`)
  await page.getByRole('button', { name: 'Add-to-cart reminder is: Paused. Change it' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('The strategy is still at work').waitFor()
  await page.getByText(/stop it first/).waitFor()
  await service.ask('POST', own, { state: 'live' })
  visitor.expectFault('409')
}, 60_000)

/** Follows a link as a browser does, as far as the service: where it leads is nobody's concern here. */
const follow = (link: string) =>
  new Promise<string>((resolve, reject) => {
    const headers = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
    const asked = get(link, { headers }, answer => resolve(answer.resume().headers.location ?? ''))
    asked.on('error', reject)
  })

test('a message shows its short links and who used them', async () => {
  const { page } = visitor
  await service.ask('POST', '/v1/strategies', {
    name: 'Welcome',
    trigger: { on: 'custom', event: 'shop.visited', next: 'welcome' },
    steps: {
      welcome: { kind: 'message', channel: 'inbox', content: 'welcome', next: 'done' },
      done: { kind: 'exit' },
    },
    contents: [
      {
        name: 'welcome',
        purpose: 'transactional',
        variants: [
          { channel: 'inbox', body: { text: "{{ 'https://shop.example/new?of=tea' | short_link: 'news' }}" } },
        ],
      },
    ],
  })
  const { now } = (await service.ask('GET', '/v1/demo/clock')) as { now: string }
  const subject = { email: 'ana@shop.example' }
  await service.ask('POST', '/v1/events', { id: 'v1', type: 'shop.visited', occurred_at: now, subject, body: {} })
  await service.ask('POST', '/v1/demo/skip', { by: '1m' })
  const { items } = (await service.ask('GET', '/v1/messages')) as { items: { id: string; rendered: { text: string } }[] }
  expect(await follow(items[0]?.rendered.text ?? '')).toBe('https://shop.example/new?of=tea')
  await service.ask('POST', '/v1/demo/skip', { by: '1m' })
  await visitor.goto(`${shop}/messages/${items[0]?.id}`)
  const links = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Links' }) })
  await links.getByText('news', { exact: true }).waitFor()
  await links.getByText('1 click', { exact: true }).waitFor()
  await visitor.isSound('a message with links')
  await visitor.shoot('message-links')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('messages are narrowed to a version of a strategy', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/messages`)
  await page.getByLabel('Strategy').selectOption({ label: 'Add-to-cart reminder' })
  await page.getByLabel('Version').selectOption('1')
  await expect.poll(() => page.locator('tbody tr').count()).toBeGreaterThan(0)
  expect(page.url()).toContain('version=')
  await visitor.isSound('messages of a version')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('the language is chosen in the menu, by keyboard alone', async () => {
  await visitor.goto(shop)
  await visitor.page.getByRole('button', { name: /Signed in as/ }).focus()
  await visitor.page.keyboard.press('Enter')
  await visitor.page.getByRole('menuitem', { name: 'العربية' }).focus()
  await visitor.page.keyboard.press('Enter')
  await visitor.page.getByRole('heading', { name: 'الاستراتيجيات' }).waitFor()
  expect(await visitor.page.evaluate(() => document.documentElement.dir)).toBe('rtl')
  await visitor.isSound('right to left')
}, 60_000)
