/** A link that opens a chat is made by keyboard, its code is shown to be printed, and it is taken back. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { component, Service } from './service'
import { Visitor } from './visitor'

let service: Service
let visitor: Visitor
let shop = ''

beforeAll(async () => {
  service = await Service.demo()
  const uploaded = await fetch(`${service.url}/v1/plugins`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.key}`, 'content-type': 'application/wasm' },
    body: new Uint8Array(component('twilio')),
  })
  const { digest, asks } = (await uploaded.json()) as { digest: string; asks: object }
  await service.ask('POST', `/v1/plugins/${digest}/grants`, asks)
  await service.ask('PUT', '/v1/channels/sms', {
    plugin: 'twilio',
    config: { account_sid: 'AC0123456789abcdef0123456789abcdef', sender: '+15005550006' },
    grants: asks,
    secrets: { auth_token: 'a token' },
  })
  visitor = await Visitor.come(service.url)
  shop = await visitor.home()
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
})

test('a chat link is made by keyboard, its code is shown, and it is removed', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/storefront`)
  await page.getByText('There is no chat link yet.').waitFor()
  await visitor.press(page.getByRole('button', { name: 'New chat link' }))
  const dialog = page.getByRole('dialog', { name: 'New chat link' })
  await dialog.getByLabel('Name').fill('poster')
  await dialog.getByText('The event is called chat.poster.').waitFor()
  await dialog.getByLabel('Channel').selectOption('inbox')
  await dialog.getByLabel('Keyword').fill('TEA24')
  await dialog.getByLabel('Text that is offered').fill('Hello!')
  await visitor.press(dialog.getByRole('button', { name: 'Save' }))
  await dialog.getByRole('alert').waitFor()
  visitor.expectFault('422')
  expect(await dialog.evaluate(one => one.contains(document.activeElement))).toBe(true)
  await dialog.getByLabel('Channel').focus()
  await dialog.getByLabel('Channel').selectOption('sms')
  await visitor.isSound('a chat link that is made')
  await visitor.press(dialog.getByRole('button', { name: 'Save' }))
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('sms:+15005550006?&body=Hello%21%20TEA24').waitFor()
  await visitor.isSound('chat links')

  await visitor.press(page.getByRole('button', { name: 'QR code of poster' }))
  const code = page.getByRole('dialog', { name: 'QR code of poster' })
  const picture = code.getByRole('img', { name: 'QR code of poster' })
  await picture.waitFor()
  const width = await picture.evaluate(async image => {
    await (image as HTMLImageElement).decode()
    return (image as HTMLImageElement).naturalWidth
  })
  expect(width).toBeGreaterThan(400)
  expect(await code.getByRole('link', { name: 'Download' }).getAttribute('download')).toBe('poster.svg')
  await visitor.isSound('a QR code')
  await visitor.shoot('chat-link')
  await page.keyboard.press('Escape')
  await code.waitFor({ state: 'detached' })

  await visitor.press(page.getByRole('button', { name: 'Remove poster' }))
  const asked = page.getByRole('dialog', { name: 'Remove poster' })
  await visitor.press(asked.getByRole('button', { name: 'Remove' }))
  await asked.waitFor({ state: 'detached' })
  await page.getByText('There is no chat link yet.').waitFor()
  expect(visitor.faults).toEqual([])
}, 90_000)
