/** The first sign-in, and how far a role goes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Service } from './service'
import { Visitor } from './visitor'

let service: Service
const visitors: Visitor[] = []

async function come(): Promise<Visitor> {
  const visitor = await Visitor.come(service.url)
  visitors.push(visitor)
  return visitor
}

beforeAll(async () => {
  service = await Service.serve()
}, 60_000)

afterAll(async () => {
  await Promise.all(visitors.map(visitor => visitor.leave()))
  await service?.stop()
})

async function choosePassword(visitor: Visitor, name: string, password: string) {
  await visitor.page.locator('input[name=username]').fill(name)
  await visitor.page.locator('input[name=password]').fill(password)
  await visitor.page.getByRole('button', { name: 'Begin' }).click()
}

const LOOKS = [
  ['ar', 'dark', 360],
  ['zh', 'light', 1280],
  ['ro', 'dark', 1280],
  ['vi', 'light', 360],
] as const

test('the printed link makes the first user, who signs out and in again', async () => {
  const ana = await come()
  await ana.goto('/')
  await ana.page.waitForURL(/sign-in/)
  await ana.isSound('signing in')
  await ana.shoot('sign-in')
  expect(await ana.page.getByRole('link', { name: /Sign in with/ }).count()).toBe(0)
  for (const [language, theme, width] of LOOKS) {
    await ana.page.setViewportSize({ width, height: 860 })
    for (const [name, path] of [
      ['sign-in', '/sign-in'],
      ['welcome', service.link],
    ] as const) {
      await ana.goto(path)
      await ana.choose(language, theme)
      await ana.isSound(`${name} in ${language}, ${theme}`)
      await ana.shoot(`${name}-${language}-${theme}-${width}`)
    }
  }
  await ana.page.setViewportSize({ width: 1280, height: 860 })
  await ana.choose('en', 'light')
  await ana.goto('/sign-in?refused=unknown')
  await ana.page.getByRole('alert').getByText('Nobody here has the address of this account').waitFor()
  await ana.isSound('a refusal by the provider')
  await ana.shoot('sign-in-refused')
  // Anybody can write a link with words in it, and they are not ours to say.
  await ana.goto('/sign-in?refused=call-0900-12345')
  await ana.page.getByRole('alert').getByText('did not prove who you are').waitFor()
  expect(await ana.page.getByText('0900').count()).toBe(0)
  await ana.goto(service.link)
  await ana.isSound('the welcome')
  await ana.shoot('welcome')
  await choosePassword(ana, 'ana@acorn.example', 'short')
  await expect.poll(() => ana.page.getByText('10 to 200 characters').count()).toBe(1)
  ana.expectFault('422')
  await choosePassword(ana, 'ana@acorn.example', 'correct horse battery')
  await ana.page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()
  await ana.isSound('the first page')

  await ana.page.getByRole('button', { name: /Signed in as/ }).click()
  await ana.page.getByRole('menuitem', { name: 'Sign out' }).click()
  await ana.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await ana.page.locator('input[name=username]').fill('ana@acorn.example')
  await ana.page.locator('input[name=password]').fill('wrong')
  await ana.page.getByRole('button', { name: 'Sign in' }).click()
  await ana.page.getByRole('alert').waitFor()
  ana.expectFault('401')
  await ana.page.locator('input[name=password]').fill('correct horse battery')
  await ana.page.keyboard.press('Enter')
  await ana.page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()

  await ana.goto(service.link)
  await ana.page.getByText('This link is good for nothing any more').waitFor()
  ana.expectFault('410')
}, 90_000)

test('a viewer who was invited sees one shop, and changes nothing in it', async () => {
  const ana = visitors[0] as Visitor
  await ana.goto('/')
  await ana.page.getByRole('link', { name: 'People' }).click()
  await ana.page.getByRole('button', { name: 'Invite' }).click()
  await ana.page.getByRole('button', { name: 'Make the link' }).click()
  const link = await ana.page.getByLabel('Link', { exact: true }).inputValue()
  await ana.isSound('an invitation')
  await ana.shoot('invitation')

  const ben = await come()
  await ben.goto(link)
  await ben.page.getByText('You were invited to Acorn and Oak as: Viewer.').waitFor()
  await choosePassword(ben, 'ben', 'another long password')
  await ben.page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()
  expect(await ben.page.getByText('Elm').count()).toBe(0)
  expect(await ben.page.getByRole('link', { name: 'People' }).count()).toBe(0)
  await ben.isSound('what a viewer sees')
  const here = new URL(ben.page.url()).pathname.replace('/console', '')
  await ben.goto(`${here.replace(/\/$/, '')}/people`)
  await ben.page.getByText('Your role does not go so far').waitFor()
  ben.expectFault('403')

  // whatever changes something is not even shown
  for (const [page, heading, hidden] of [
    ['plugins', 'Plugins', 'Choose a file'],
    ['contents', 'Contents', 'New content'],
  ]) {
    await ben.goto(`${here.replace(/\/$/, '')}/${page}`)
    await ben.page.getByRole('heading', { level: 1, name: heading }).waitFor()
    expect(await ben.page.getByRole('button', { name: hidden }).count()).toBe(0)
    await ben.isSound(`${page} as a viewer sees it`)
  }

  await ana.page.getByRole('button', { name: 'Close' }).click()
  await ana.page.getByRole('button', { name: 'Shop: Acorn and Oak. Choose another' }).click()
  await ana.page.getByRole('menuitem', { name: 'Elm' }).click()
  await ana.page.getByRole('heading', { level: 1, name: 'Elm' }).waitFor()
  const elm = new URL(ana.page.url()).pathname.replace('/console', '')
  for (const page of ['', '/plugins', '/contents', '/contents/hello', '/customers?find=ana', '/messages']) {
    await ben.goto(`${elm}${page}`)
    await ben.page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()
  }
  await ben.goto(elm)
  await ben.page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()
  expect(ben.faults).toEqual([])
}, 60_000)
