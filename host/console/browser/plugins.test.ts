/** A plugin comes in, is granted what it asks for, decides, and goes back to the version before. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { example, Service } from './service'
import { tell } from './story'
import { Visitor } from './visitor'

let service: Service
let visitor: Visitor
let shop = ''

beforeAll(async () => {
  service = await Service.demo()
  visitor = await Visitor.come(service.url)
  shop = await visitor.home()
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

async function upload(name: string, buffer: Buffer) {
  await visitor.page.locator('input[type=file]').setInputFiles({ name, mimeType: 'application/wasm', buffer })
}

test('a file that is no component is refused with the check, the cause and what to do', async () => {
  await visitor.goto(`${shop}/plugins`)
  await upload('notes.wasm', Buffer.from('these are only notes'))
  const alert = visitor.page.getByRole('alert')
  await alert.getByText('The file is not taken as a plugin').waitFor()
  await alert.getByText('Choose the built component').waitFor()
  const checks = alert.getByRole('list', { name: 'What was checked' }).getByRole('listitem')
  expect(await checks.first().textContent()).toContain('The file itself (refused)')
  expect(await checks.last().textContent()).toContain('(not looked at)')
  visitor.expectFault('422')
  await visitor.page.getByRole('heading', { name: 'Not taken' }).waitFor()
  await visitor.isSound('a refused file')
  await visitor.shoot('plugin-refused')
}, 60_000)

test('the example condition is uploaded, granted what it asks for, used in a strategy, and rolled back', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/plugins`)
  await upload('loyal_customer.wasm', example('loyal_customer'))
  await page.getByText('waits until somebody says yes').waitFor()
  const checks = page.getByRole('list', { name: 'What was checked' }).getByRole('listitem')
  for (const check of await checks.allTextContents()) expect(check).toContain('(sound)')
  expect(await checks.count()).toBe(7)
  await visitor.isSound('a plugin that waits')
  await page.getByRole('link', { name: 'See what it asks for, and grant it' }).click()
  await page.getByRole('button', { name: 'Look and decide' }).click()
  await page.getByText('Everything that this version may ever do').waitFor()
  await page.getByRole('dialog').getByText('To see whether the shop tagged the customer.').waitFor()
  await visitor.isSound('the consent')
  await visitor.shoot('plugin-consent')
  await page.getByRole('button', { name: 'Grant all of it' }).click()
  await page.getByText('Active', { exact: true }).waitFor()

  const side = page.getByRole('region', { name: 'What is chosen' })
  await visitor.goto(`${shop}/strategies/new?from=nothing`)
  await page.getByLabel('Name', { exact: true }).fill('Loyal customers first')
  await side.getByLabel('Begins when').selectOption('checkout')
  await page.getByRole('button', { name: 'Add a step after: Begins when', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Condition' }).click()
  await side.getByLabel('Decided by').selectOption({ label: 'Loyal customer' })
  await side.getByLabel('At least this many orders').fill('5')
  const ways = side.getByRole('group', { name: 'Where it leads' })
  for (const way of ['Yes', 'No']) await ways.getByLabel(way, { exact: true }).selectOption('exit')
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('Version 1', { exact: true }).waitFor()
  await tell(service)
  const { items } = (await service.ask('GET', '/v1/strategies?name=Loyal')) as { items: { id: string }[] }
  await visitor.goto(`${shop}/runs?strategy=${items[0]?.id}`)
  await page.locator('tbody tr').last().locator('a').first().click()
  await page
    .getByText(/Took the branch no, decided by loyal-customer/)
    .first()
    .waitFor()

  await visitor.goto(`${shop}/plugins`)
  await upload('loyal_customer.wasm', example('loyal_customer', { version: '1.0.1' }))
  await page.getByText('1.0.1 was checked and is installed').waitFor()
  await page.getByRole('link', { name: 'Look at it' }).click()
  await page.getByText('Superseded', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Roll back' }).click()
  await page.getByText('Version 1.0.0 decides again').waitFor()
  await page.getByLabel('Why').fill('The new one is too strict')
  await visitor.isSound('the question before a roll-back')
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click()
  await expect.poll(() => page.getByText('Superseded', { exact: true }).count()).toBe(0)
  await page.getByRole('tab', { name: 'Audit' }).click()
  await page.getByText('The new one is too strict').first().waitFor()
  await visitor.isSound('the audit of a plugin')
  await visitor.shoot('plugin-audit')
  expect(visitor.faults).toEqual([])
}, 120_000)

test('a new version is asked beside the active one first, then decides for a share, then for all', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/plugins`)
  await page.getByLabel('What becomes of it').selectOption('First as a shadow')
  await upload('loyal_customer.wasm', example('loyal_customer', { version: '1.0.2' }))
  await page.getByText('1.0.2 was checked and is installed').waitFor()
  await page.getByRole('link', { name: 'Look at it' }).click()
  await page.getByText('Shadow', { exact: true }).first().waitFor()
  await page.getByRole('tab', { name: 'Shadow' }).click()
  await page.getByText('No difference. While a version runs as a shadow').waitFor()

  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: /1\.0\.2/ }).click()
  await page.getByRole('menuitem', { name: 'Make canary' }).click()
  await dialog.getByLabel('For how many of a hundred').fill('25')
  await visitor.isSound('the question before a share')
  await dialog.getByRole('button', { name: 'Make canary' }).click()
  await page.getByText('Canary', { exact: false }).first().waitFor()
  await page.getByRole('button', { name: /1\.0\.2/ }).click()
  await page.getByRole('menuitem', { name: 'Make active' }).click()
  await dialog.getByText('Before that, every strategy at work', { exact: false }).waitFor()
  await dialog.getByRole('button', { name: 'Make active' }).click()
  await dialog.waitFor({ state: 'detached' })
  const { items } = (await service.ask('GET', '/v1/plugins')) as {
    items: { name: string; version: string; active: boolean; stage: string }[]
  }
  const own = items.filter(one => one.name === 'loyal-customer')
  expect(own.find(one => one.active)?.version).toBe('1.0.2')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('a plugin is stopped with a reason, and let go on', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/plugins/loyal-customer`)
  await page.getByRole('button', { name: 'Stop the plugin' }).click()
  const dialog = page.getByRole('dialog')
  expect(await dialog.getByRole('button', { name: 'Stop the plugin' }).isDisabled()).toBe(true)
  await dialog.getByLabel('Why').fill('It was wrong about Ben')
  await dialog.getByRole('button', { name: 'Stop the plugin' }).click()
  await page
    .getByText(/It was wrong about Ben/)
    .first()
    .waitFor()
  await visitor.isSound('a stopped plugin')
  await visitor.shoot('plugin-stopped')
  await page.getByRole('button', { name: 'Let it go on' }).click()
  await dialog.getByRole('button', { name: 'Let it go on' }).click()
  await page.getByRole('button', { name: 'Stop the plugin' }).waitFor()
}, 60_000)

test('every room of a plugin is sound, in both directions', async () => {
  for (const [language, theme] of [
    ['en', 'light'],
    ['ar', 'dark'],
  ] as const) {
    await visitor.choose(language, theme)
    for (const room of [
      'asks',
      'config',
      'figures',
      'logs',
      'traps',
      'differences',
      'uses',
      'limits',
      'audit',
    ]) {
      await visitor.goto(`${shop}/plugins/loyal-customer?tab=${room}`)
      await visitor.isSound(`${room} in ${language}`)
      await visitor.shoot(`plugin-${room}-${language}-${theme}`)
    }
  }
}, 120_000)
