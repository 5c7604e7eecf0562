/** The life of a strategy: copied, paused with a reason, closed, made live, stopped and deleted; out as a file and in. */
import { readFileSync } from 'node:fs'
import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Service } from './service'
import { Visitor } from './visitor'

const NAME = 'Add-to-cart reminder'

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

const row = (name: string): Locator =>
  visitor.page.locator('tbody tr').filter({ has: visitor.page.getByRole('link', { name, exact: true }) })

/** Gives a strategy a state, as its menu does. */
async function make(name: string, to: string, reason = '') {
  const { page } = visitor
  await row(name).getByRole('button', { name: `${name} is:` }).click()
  await page.getByRole('menuitem', { name: to, exact: true }).click()
  const dialog = page.getByRole('dialog', { name })
  await dialog.getByLabel('Why').fill(reason)
  await visitor.isSound(`what ${to} does`)
  await dialog.getByRole('button', { name: to, exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

const state = (name: string, is: string) =>
  row(name).getByRole('button', { name: `${name} is: ${is}. Change it` }).waitFor()

test('a state is changed with a reason, and whoever looks at the list sees whose it was and why', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/strategies`)
  await row(NAME).waitFor()
  expect(await row(NAME).getByText('by ').count()).toBe(0)
  await make(NAME, 'Pause', 'the teapots are sold out')
  await state(NAME, 'Paused')
  await row(NAME).getByText('“the teapots are sold out”').waitFor()
  await row(NAME).getByText(/^by .+, /).waitFor()
  await visitor.isSound('a strategy that is paused with a reason')
  await visitor.shoot('strategies-paused')
  await make(NAME, 'Close')
  await state(NAME, 'Closed')
  expect(await page.getByText('sold out').count()).toBe(0)
  await make(NAME, 'Make live')
  await state(NAME, 'Live')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('a copy has a name of its own, and once it is stopped it can be deleted', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/strategies`)
  await page.getByRole('link', { name: `Copy: ${NAME}` }).click()
  const name = page.getByLabel('Name', { exact: true })
  await expect.poll(() => name.inputValue()).toBe(`${NAME} 2`)
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('button', { name: 'Save as next version' }).waitFor()
  await visitor.goto(`${shop}/strategies`)
  await state(`${NAME} 2`, 'Live')
  await make(`${NAME} 2`, 'Stop')
  await state(`${NAME} 2`, 'Stopped')
  await row(`${NAME} 2`).getByRole('button', { name: `${NAME} 2 is:` }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => row(`${NAME} 2`).count()).toBe(0)
  await state(NAME, 'Live')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('a strategy goes out as a file with its contents, and comes in again as a draft', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/strategies`)
  await row(NAME).getByRole('link', { name: NAME, exact: true }).click()
  await page.getByRole('button', { name: 'More' }).click()
  const handed = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Export as file' }).click()
  const file = await (await handed).path()
  const strategy = JSON.parse(readFileSync(file, 'utf8'))
  expect(strategy).toMatchObject({ name: NAME, trigger: { on: 'cart' } })
  expect(strategy.contents).not.toEqual([])

  await visitor.goto(`${shop}/strategies/new`)
  const chosen = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import a file' }).click()
  await (await chosen).setFiles({ name: 'no.json', mimeType: 'application/json', buffer: Buffer.from('[]') })
  await page.getByRole('alert').getByText('This file is no strategy').waitFor()
  const again = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import a file' }).click()
  const renamed = Buffer.from(JSON.stringify({ ...strategy, name: 'From a file' }))
  await (await again).setFiles({ name: 'a.strategy.json', mimeType: 'application/json', buffer: renamed })
  await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('From a file')
  await page.getByRole('button', { name: 'Save, paused' }).click()
  await page.getByRole('button', { name: 'Save as next version' }).waitFor()
  await visitor.goto(`${shop}/strategies`)
  await state('From a file', 'Paused')
  expect(visitor.faults).toEqual([])
}, 60_000)
