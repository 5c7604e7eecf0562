/** A page of a shop, on another origin and under a strict policy: nothing happens before the visitor allows it, the form
 * is filled in by keyboard, and the cart is theirs from then on. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Service } from './service'
import { hook } from './story'
import { Visitor } from './visitor'

const CART = 'cart-0123456789abcdef'
const PHONE = '+4915112345678'
const TEXTS = {
  en: { title: '5 % for you', text: 'Where may we send it?', consent: 'Write to me about offers' },
  ar: { title: 'خصم ٥٪ لك', consent: 'أرسلوا لي العروض' },
}

let service: Service
let site: Server
let shop = ''
let page = ''

beforeAll(async () => {
  service = await Service.demo()
  const { items } = (await service.ask('GET', '/v1/shops')) as { items: { id: string }[] }
  shop = items[0]?.id ?? ''
  site = createServer((request, response) => {
    const policy = `default-src 'none'; script-src 'self' ${service.url}; connect-src ${service.url}`
    response.setHeader('content-security-policy', policy)
    if (request.url === '/page.js') {
      response.setHeader('content-type', 'text/javascript')
      response.end(`window.cartwright = window.cartwright || function () {
        (cartwright.q = cartwright.q || []).push(arguments) }
        cartwright('cart', '${CART}')
        document.querySelector('#allow').onclick = () => cartwright('consent', true)`)
    } else if (request.url === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(`<!doctype html><html lang="en"><title>Tea</title><main><h1>Tea</h1>
        <button id="allow">Allow cookies</button> <button data-cartwright="coupon">My 5 %</button></main>
        <script src="${service.url}/s/${shop}.js" async></script><script src="/page.js"></script></html>`)
    } else response.writeHead(204).end()
  })
  await new Promise<void>(done => site.listen(0, '127.0.0.1', done))
  page = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const form = { asks: ['phone', 'email'], code: 'HELLO5', opens_after: '1s', language: 'en', texts: TEXTS }
  const storefront = { origins: [page], forms: { coupon: form } }
  await service.ask('PATCH', `/v1/shops/${shop}`, { storefront })
}, 120_000)

afterAll(async () => {
  site?.close()
  await service?.stop()
})

/** Somebody on the shop's page, with every request that the script made. */
async function comes(language: string) {
  const visitor = await Visitor.come(page, { language })
  const told: string[] = []
  visitor.page.on('request', request => {
    if (request.url().startsWith(`${service.url}/s/`)) told.push(request.url().replace(/^.*\/s\/[^/.]+/, ''))
  })
  await visitor.goto(`${page}/`)
  return { visitor, told }
}

/** The script alone speaks to another host, and that is what it is for. */
const forgive = (visitor: Visitor) =>
  visitor.faults.splice(
    0,
    visitor.faults.length,
    ...visitor.faults.filter(fault => !fault.startsWith(`request to ${service.url}/s/${shop}`)),
  )

test('a visitor allows cookies, fills in the form by keyboard, and is reminded of the cart', async () => {
  const { visitor, told } = await comes('en')
  const { page } = visitor
  const now = ((await service.ask('GET', '/v1/demo/clock')) as { now: string }).now
  await hook(service, 'carts/update', {
    token: CART,
    updated_at: now,
    line_items: [
      { variant_id: 1, product_id: 8101, title: 'Copper teapot', sku: 'TEA-1', quantity: 1, price: '64.50' },
    ],
  })
  expect(told).toEqual(['.js'])
  expect(await page.evaluate(() => localStorage.length)).toBe(0)

  await page.getByRole('button', { name: 'Allow cookies' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: '5 % for you' })
  await dialog.waitFor()
  expect(told).toEqual(['.js', '/browser'])
  expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(['cartwright'])
  forgive(visitor)
  await visitor.isSound('the form on the page')
  await visitor.shoot('storefront')

  for (let step = 0; step < 8; step++) {
    await page.keyboard.press('Tab')
    const behind = await page.evaluate(() => document.activeElement?.closest('main') !== null)
    expect(behind, `${step + 1} times Tab leads behind the form`).toBe(false)
  }
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('allow')

  await page.getByRole('button', { name: 'My 5 %' }).press('Enter')
  await dialog.waitFor()
  await page.keyboard.press('Enter')
  expect(await dialog.getByText('HELLO5').count()).toBe(0)
  await page.keyboard.type('5')
  await page.keyboard.press('Enter')
  await dialog.getByRole('alert').getByText('Please check what you typed.').waitFor()
  visitor.expectFault('422')
  await dialog.getByLabel('Phone').fill(PHONE)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  expect(await dialog.getByLabel('Write to me about offers').isChecked()).toBe(true)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await dialog.getByRole('status').getByText('HELLO5').waitFor()
  forgive(visitor)
  await visitor.isSound('the code')
  await visitor.shoot('storefront-code')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })

  await service.ask('POST', '/v1/demo/skip', { by: '4h' })
  const customers = (await service.ask('GET', '/v1/customers')) as { items: { id: string; phone?: string }[] }
  const known = customers.items.filter(one => one.phone === PHONE)
  expect(known.length).toBe(1)
  const messages = (await service.ask('GET', '/v1/messages')) as { items: { customer: string; state: string }[] }
  expect(messages.items.map(one => one.customer)).toContain(known[0]?.id)
  const inbox = JSON.stringify(await service.ask('GET', '/v1/inbox'))
  expect(inbox).toContain('Copper teapot')
  await visitor.leave()
}, 90_000)

test('the form speaks Arabic from right to left, does not come again, and the page is left', async () => {
  const { visitor } = await comes('ar-EG')
  const { page } = visitor
  await page.getByRole('button', { name: 'Allow cookies' }).click()
  const dialog = page.getByRole('dialog', { name: TEXTS.ar.title })
  await dialog.waitFor()
  expect(await dialog.getAttribute('dir')).toBe('rtl')
  await dialog.getByRole('button', { name: 'إرسال' }).waitFor()
  forgive(visitor)
  await visitor.isSound('the form in Arabic')
  await visitor.shoot('storefront-ar')
  await dialog.getByRole('button', { name: 'إغلاق' }).click()
  await dialog.waitFor({ state: 'detached' })

  await page.clock.install()
  await page.reload()
  await page.getByRole('button', { name: 'Allow cookies' }).click()
  await page.clock.fastForward(60_000)
  expect(await page.getByRole('dialog').count()).toBe(0)

  const left = { on: 'custom', event: 'page.left', settle: '0s', next: 'done' }
  const definition = { name: 'left', trigger: left, steps: { done: { kind: 'exit' } } }
  await service.ask('POST', '/v1/strategies', definition)
  await page.goto('about:blank')
  const runs = async () => JSON.stringify(await service.ask('GET', '/v1/runs'))
  await vi.waitUntil(async () => (await runs()).includes('page.left'), { timeout: 10_000, interval: 200 })
  await visitor.leave()
}, 60_000)

test('the console shows the line of the script, refuses what is no origin, and what it saves the script says', async () => {
  const visitor = await Visitor.come(service.url)
  const { page: console } = visitor
  await visitor.goto(`/${shop}/storefront`)
  const address = `${service.url}/s/${shop}.js`
  await console.getByText(`<script src="${address}" async></script>`).waitFor()
  const english = console.getByRole('group', { name: 'en', exact: true })
  await english.getByLabel(/^Heading/).fill('Seven percent')
  await console.getByRole('button', { name: 'Add: Origins of the pages' }).click()
  await console.getByLabel('Origin 2').fill('shop.example')
  await visitor.press(console.getByRole('button', { name: 'Save', exact: true }))
  await console.getByText('is no origin').first().waitFor()
  visitor.expectFault('422')
  await visitor.isSound('a fault of the storefront')
  await console.getByLabel('Origin 2').fill('https://shop.example')
  await visitor.press(console.getByRole('button', { name: 'Save', exact: true }))
  await console.getByText('Saved. Pages show it within five minutes.').waitFor()
  expect(await (await fetch(address)).text()).toContain('Seven percent')
  await visitor.isSound('the storefront, saved')
  await visitor.leave()
}, 60_000)
