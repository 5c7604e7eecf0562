/** A strategy is built on the canvas, published, played and sent; the same by keyboard alone; and a viewer only looks. */
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Service } from './service'
import { Visitor } from './visitor'

let service: Service
let visitor: Visitor
let shop = ''

beforeAll(async () => {
  service = await Service.demo()
  visitor = await Visitor.come(service.url)
  // What is not saved is left without a thought.
  visitor.page.on('dialog', dialog => dialog.accept())
  shop = await visitor.home()
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

const side = (): Locator => visitor.page.getByRole('region', { name: 'What is chosen' })
const canvas = (): Locator => visitor.page.getByRole('region', { name: 'Picture' })
const step = (title: string): Locator =>
  canvas().locator('.flow-step').filter({ has: visitor.page.getByText(title, { exact: true }) })

/** Puts a step where a plus stands, and gives it a name. */
async function add(after: string, kind: string, name: string) {
  await canvas().getByRole('button', { name: `Add a step after: ${after}`, exact: true }).click()
  await visitor.page.getByRole('dialog').getByRole('button', { name: kind }).click()
  const field = side().getByLabel('Name of the step')
  await field.fill(name)
  await field.press('Enter')
  await step(name).waitFor()
}

async function leads(way: string, to: string) {
  const ways = side().getByRole('group', { name: 'Where it leads' })
  await ways.getByLabel(way, { exact: true }).selectOption(to)
}

test('high value first is built on the canvas from nothing, played, published, and sends', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/strategies`)
  await page.getByRole('link', { name: 'New strategy' }).click()
  await page.getByRole('link', { name: 'From nothing' }).click()
  await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('New reminder')
  await page.getByLabel('Name', { exact: true }).fill('Best customers first')
  await side().getByLabel('Begins when').selectOption('checkout')

  await add('Begins when', 'Condition', 'loyal')
  await side().getByLabel('Decided by').selectOption({ label: 'High value customer' })
  await side().getByLabel('At least this many orders').fill('5')
  const spent = side().getByRole('group', { name: 'At least this much spent' })
  await spent.getByLabel('Amount').fill('500.00')
  await spent.getByLabel('Currency').fill('EUR')
  await add('loyal, yes', 'Message', 'free-shipping')
  await side().getByLabel('Content', { exact: true }).selectOption('free shipping')
  await add('loyal, no', 'Message', 'five-percent')
  await side().getByLabel('Content', { exact: true }).selectOption('five percent')
  await add('five-percent', 'Delay', 'a-day')
  await step('five-percent').click()
  await leads('Goes on to', 'a-day')
  await step('free-shipping').click()
  await leads('Goes on to', 'a-day')
  await add('a-day', 'Message', 'again')
  await side().getByLabel('Content', { exact: true }).selectOption('second reminder')
  await leads('Goes on to', 'exit')
  await expect.poll(() => side().getByRole('listitem').count()).toBe(0)

  // A mistake is told where it is, and undone.
  await side().getByRole('button', { name: 'Remove this step' }).click()
  await expect.poll(() => step('again').count()).toBe(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await step('again').waitFor()
  await side().getByRole('button', { name: /^Problems/ }).click()
  await side().getByText('Nothing is wrong.').waitFor()
  await visitor.isSound('the editor')
  await visitor.shoot('flow-built')

  await side().getByRole('button', { name: 'Preview' }).click()
  await side().getByText('take 5 % off your Sample product', { exact: false }).waitFor()
  for (const name of ['loyal', 'five-percent', 'a-day', 'again'])
    expect(await step(name).getAttribute('class'), name).toContain('lit')
  expect(await step('free-shipping').getAttribute('class')).toContain('dim')
  await visitor.isSound('a preview')
  await visitor.shoot('flow-preview')

  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('Version 1', { exact: true }).waitFor()
  await sendCheckout('dora')
  await service.ask('POST', '/v1/demo/skip', { by: '2h' })
  await visitor.goto(`${shop}/messages`)
  await page.getByRole('link', { name: /Dora/ }).first().waitFor()
  const { items } = (await service.ask('GET', '/v1/messages')) as { items: { step: string; run: string }[] }
  expect(items.map(item => item.step)).toContain('five-percent')
  await visitor.goto(`${shop}/runs/${items.find(item => item.step === 'five-percent')?.run}`)
  await page.getByText('high-value', { exact: false }).first().waitFor()
  await page.getByText('Orders: how many', { exact: false }).first().waitFor()
  expect(visitor.faults).toEqual([])
}, 180_000)

async function sendCheckout(name: string) {
  const { now } = (await service.ask('GET', '/v1/demo/clock')) as { now: string }
  const price = { amount: '64.50', currency: 'EUR' }
  const event = {
    id: `checkout-${name}`,
    type: 'checkout.updated',
    occurred_at: now,
    subject: { email: `${name}@shop.example`, checkout: `checkout-${name}` },
    body: {
      lines: [{ title: 'Copper teapot', quantity: 1, price }],
      total: price,
      customer: { first_name: 'Dora', consent: { state: 'subscribed' } },
    },
  }
  await service.ask('POST', '/v1/events', event)
}

test('an edge is drawn from a step to another with the pointer', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/strategies/new?from=nothing`)
  await canvas().getByRole('button', { name: 'Add a step after: Begins when', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Split' }).click()
  await canvas().locator('.flow-open').first().waitFor()
  const from = await canvas().locator('[data-id="split"] .react-flow__handle.source[data-handleid="arms/b/next"]').boundingBox()
  const to = await canvas().locator('[data-id="exit"] .react-flow__handle.target').boundingBox()
  if (!from || !to) throw new Error('there are no handles')
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2)
  await page.mouse.down()
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 })
  await page.mouse.up()
  await expect.poll(() => canvas().locator('.flow-open').count()).toBe(0)
}, 60_000)

test('a strategy is built by keyboard alone', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/strategies/new?from=nothing`)
  const press = visitor.press.bind(visitor)
  await press(page.getByRole('radio', { name: 'List' }), ' ')
  const list = page.getByRole('list', { name: 'List' })
  await press(list.getByRole('button', { name: 'Add here: A cart was filled' }))
  await press(page.getByRole('dialog').getByRole('button', { name: 'Delay' }))
  await press(list.getByRole('button', { name: 'Add here: delay' }))
  await press(page.getByRole('dialog').getByRole('button', { name: 'Message' }))
  await list.getByRole('button', { name: /message/ }).first().waitFor()
  await press(list.getByRole('button', { name: 'Remove: delay' }))
  await expect.poll(() => list.getByRole('button', { name: 'Remove: delay' }).count()).toBe(0)
  await page.keyboard.press('Control+z')
  await list.getByRole('button', { name: 'Remove: delay' }).waitFor()
  // Whoever chooses a step goes on in its form.
  await press(list.locator('.flow-outline-name').filter({ hasText: 'delay' }).first())
  await expect.poll(() => page.evaluate(() => document.activeElement?.classList.contains('flow-side'))).toBe(true)
  await side().getByLabel('How long', { exact: true }).focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('3')
  await visitor.isSound('the list')
  await visitor.shoot('flow-list')
  await press(page.getByRole('button', { name: 'Save, paused' }))
  await page.getByText('Version 1', { exact: true }).waitFor()
  const { items } = (await service.ask('GET', '/v1/strategies?name=New%20reminder')) as { items: { state: string }[] }
  expect(items.map(item => item.state)).toEqual(['paused'])
  expect(visitor.faults).toEqual([])
}, 90_000)

test('a saved strategy has versions, which are compared and restored, and waiting runs are counted before they move', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/strategies`)
  await page.getByRole('link', { name: 'Best customers first', exact: true }).click()
  await step('a-day').click()
  await side().getByLabel('How long', { exact: true }).fill('2')
  await side().getByRole('button', { name: 'Policies' }).click()
  await side().getByLabel('Priority').fill('7')
  await visitor.shoot('flow-policies')
  await page.getByRole('button', { name: 'Save as next version' }).click()
  await page.getByRole('link', { name: 'See and move them' }).click()
  await page.getByRole('heading', { name: 'What changed' }).waitFor()
  await page.getByText('steps.a-day').waitFor()
  await visitor.isSound('the versions')
  await visitor.shoot('flow-versions')
  await page.getByRole('button', { name: 'Move waiting runs here: Version 2' }).click()
  await page.getByRole('dialog').getByText('a-day').waitFor()
  await visitor.isSound('what would become of them')
  await visitor.shoot('flow-moving')
  await page.getByRole('button', { name: 'Move them' }).click()
  await page.getByText('Done. This became of them:').waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('link', { name: 'Edit this again: Version 1' }).click()
  await step('a-day').click()
  await expect.poll(() => side().getByLabel('How long', { exact: true }).inputValue()).toBe('1')
  expect(visitor.faults).toEqual([])
}, 90_000)

test.each([
  ['en', 'light', 1280],
  ['en', 'dark', 1280],
  ['ar', 'light', 1280],
  ['ar', 'dark', 1280],
  ['zh', 'light', 360],
] as const)('the editor is sound in %s, %s, %i wide', async (language, theme, width) => {
  const { page } = visitor
  await page.setViewportSize({ width, height: 860 })
  await visitor.goto(`${shop}/strategies/new?from=highValue`)
  await visitor.choose(language, theme)
  // On a phone the editor begins with the list.
  if (width < 768) await visitor.press(page.getByRole('radio').first(), ' ')
  await page.locator('.flow-step').first().waitFor()
  await page.locator('.flow-step').filter({ hasText: 'loyal' }).click()
  expect(await page.locator('.flow-side h2').textContent()).toBe('loyal')
  await visitor.isSound(`the canvas in ${language}, ${theme}`)
  await visitor.shoot(`flow-canvas-${language}-${theme}-${width}`)
  await page.getByRole('radio').nth(1).focus()
  await page.keyboard.press(' ')
  await page.locator('.flow-views button').nth(1).click()
  await page.locator('.flow-side .flow-part').first().waitFor()
  await visitor.isSound(`policies and list in ${language}, ${theme}`)
  await visitor.shoot(`flow-policies-${language}-${theme}-${width}`)
  await visitor.goto(`${shop}/strategies/new`)
  await visitor.isSound(`the library in ${language}, ${theme}`)
  await visitor.shoot(`flow-library-${language}-${theme}-${width}`)
}, 90_000)

test('the canvas takes a hundred steps', async () => {
  const { page } = visitor
  await page.setViewportSize({ width: 1280, height: 860 })
  await visitor.choose('en', 'light')
  const steps: Record<string, unknown> = { end: { kind: 'exit' } }
  for (let number = 0; number < 99; number += 1)
    steps[`s${number}`] = { kind: 'tag', add: [`t${number}`], next: number === 98 ? 'end' : `s${number + 1}` }
  const strategy = { name: 'A hundred steps', trigger: { on: 'cart', next: 's0' }, steps, policies: {} }
  const { id } = (await service.ask('POST', '/v1/strategies?state=paused', strategy)) as { id: string }
  await visitor.goto(`${shop}/strategies/${id}`)
  await expect.poll(() => canvas().locator('.flow-step').count()).toBe(101)
  await step('s50').click()
  await expect.poll(() => side().getByLabel('Name of the step').inputValue()).toBe('s50')
  await page.keyboard.press('Escape')
  await visitor.isSound('a hundred steps')
}, 90_000)

test('a viewer sees the strategy and cannot change it', async () => {
  const service = await Service.serve()
  const visitors: Visitor[] = []
  try {
    const ana = await Visitor.come(service.url)
    visitors.push(ana)
    await ana.goto(service.link)
    await begin(ana, 'ana@acorn.example')
    await ana.page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()
    const here = new URL(ana.page.url()).pathname.replace('/console', '').replace(/\/$/, '')
    await ana.goto(`${here}/strategies/new?from=nothing`)
    await ana.page.getByRole('button', { name: 'Save, paused' }).click()
    await ana.page.getByText('Version 1', { exact: true }).waitFor()
    const address = new URL(ana.page.url()).pathname.replace('/console', '')
    await ana.goto(`${here}/people`)
    await ana.page.getByRole('button', { name: 'Invite' }).click()
    await ana.page.getByRole('button', { name: 'Make the link' }).click()
    const link = await ana.page.getByLabel('Link', { exact: true }).inputValue()
    const ben = await Visitor.come(service.url)
    visitors.push(ben)
    await ben.goto(link)
    await begin(ben, 'ben')
    await ben.page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()
    await ben.goto(`${here}/strategies`)
    await ben.page.getByRole('link', { name: 'New reminder', exact: true }).waitFor()
    expect(await ben.page.getByRole('link', { name: 'New strategy' }).count()).toBe(0)
    await ben.goto(address)
    await ben.page.locator('.flow-step').first().waitFor()
    for (const name of [/^Save/, /^Publish/, /^Undo/, /^Add a step/])
      expect(await ben.page.getByRole('button', { name }).count(), String(name)).toBe(0)
    expect(await ben.page.locator('.flow-side select:enabled, .flow-side input:enabled').count()).toBe(0)
    await ben.isSound('what a viewer sees of a strategy')
    await ben.shoot('flow-viewer')
  } finally {
    await Promise.all(visitors.map(visitor => visitor.leave()))
    await service.stop()
  }
}, 120_000)

async function begin(visitor: Visitor, name: string) {
  await visitor.page.locator('input[name=username]').fill(name)
  await visitor.page.locator('input[name=password]').fill('correct horse battery')
  await visitor.page.getByRole('button', { name: 'Begin' }).click()
}
