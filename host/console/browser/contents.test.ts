/** A content is written, seen as a customer would see it, and saved; long lists are searched and narrowed. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { component, Service } from './service'
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

test('a content is written with a variable from the palette, previewed, refused while it has a fault, and saved', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/contents`)
  await page.getByRole('button', { name: 'New content' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('spring hello')
  await page.getByRole('button', { name: 'Write it' }).click()
  await page.getByRole('button', { name: 'Add a variant' }).click()
  await page.getByRole('dialog').getByLabel('Channel').selectOption('inbox')
  await page.getByRole('dialog').getByRole('button', { name: 'Add a variant' }).click()
  const text = page.getByLabel('Text', { exact: false }).first()
  await text.fill('Hello ')
  await page.getByRole('button', { name: 'user_name' }).click()
  expect(await text.inputValue()).toBe('Hello {{ user_name }}')
  const phone = page.locator('.phone-screen')
  await phone.getByText('Hello Ana').waitFor()
  await page.getByRole('searchbox').fill('ben@')
  await page.getByLabel('As seen by').selectOption({ label: 'Ben Lindqvist' })
  await phone.getByText('Hello Ben').waitFor()
  await visitor.isSound('the editor of a content')
  await visitor.shoot('content-editor')

  await text.fill('Hello {{ user_name')
  await page.getByRole('button', { name: 'Save as a new revision' }).click()
  await page.getByText('The content has faults').first().waitFor()
  visitor.expectFault('422')
  await text.fill('Hello {{ user_name }}!')
  await phone.getByText('Hello Ben!').waitFor()
  await page.getByRole('button', { name: 'Save as a new revision' }).click()
  await page.getByText('Saved as revision 1.').waitFor()
  visitor.faults.length = 0
  await visitor.goto(`${shop}/contents/spring hello`)
  expect(await page.getByLabel('Text', { exact: false }).first().inputValue()).toBe('Hello {{ user_name }}!')
}, 90_000)

test('a saved content is sent to an address of the shop, once the code that was sent there was typed in', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/contents/spring hello`)
  await page.getByText('No address of your own is confirmed').waitFor()
  expect(await page.getByRole('button', { name: 'Send the test' }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Add an address of your own' }).click()
  await page.getByLabel('Your own address').fill('mia')
  await page.getByRole('button', { name: 'Send a code' }).click()
  await page.getByText('The provider has it, for mia.').waitFor()
  const inbox = (await service.ask('GET', '/v1/inbox')) as { items: { document: { text: string } }[] }
  const code = inbox.items[0]?.document.text.split(' ')[0] ?? ''
  await page.getByLabel('The code').fill('000000' === code ? '000001' : '000000')
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await page.getByText('that is not the code that was sent').waitFor()
  visitor.expectFault('422')
  await page.getByLabel('The code').fill(code)
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await page.getByLabel('To', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Send the test' }).click()
  await page.getByText('The provider has it, for mia.').waitFor()
  await visitor.isSound('a test that was sent')
  await visitor.shoot('content-test-send')
  const after = (await service.ask('GET', '/v1/inbox')) as { items: { document: { text: string } }[] }
  expect(after.items[0]?.document.text).toMatch(/^\[Test\] Hello Ana!/)
  await page.getByLabel('Text', { exact: false }).first().fill('Hello {{ user_name }}?')
  await page.getByText('Save first').waitFor()
  visitor.faults.length = 0
}, 90_000)

test('a mended content takes the place of what published strategies still say', async () => {
  const { page } = visitor
  const path = '/v1/contents/five%20percent'
  const { content } = (await service.ask('GET', path)) as { content: object }
  const { revision } = (await service.ask('PUT', path, { ...content, labels: ['mended'] })) as { revision: number }
  await visitor.goto(`${shop}/contents/five%20percent`)
  await visitor.press(page.getByRole('button', { name: 'Replace everywhere' }))
  const dialog = page.getByRole('dialog')
  await dialog.getByText(`Say revision ${revision} everywhere?`).waitFor()
  await dialog.getByText(/High value first, version 1/).waitFor()
  await visitor.isSound('the question before a content is replaced')
  await visitor.press(dialog.getByRole('button', { name: 'Replace everywhere' }))
  await expect.poll(() => page.getByRole('button', { name: 'Replace everywhere' }).count()).toBe(0)
  expect(await service.ask('GET', `${path}/replace`)).toEqual({ revision, waiting: 0, versions: [] })
  expect(visitor.faults).toEqual([])
}, 90_000)

test('a mail is put together of blocks by hand and by key, seen as it will be, and written by hand as well', async () => {
  const page = visitor.page
  const headers = { authorization: `Bearer ${service.key}`, 'content-type': 'application/wasm' }
  const body = new Uint8Array(component('email_sendgrid'))
  const uploaded = await fetch(`${service.url}/v1/plugins`, { method: 'POST', headers, body })
  const { digest, asks } = (await uploaded.json()) as { digest: string; asks: object }
  await service.ask('POST', `/v1/plugins/${digest}/grants`, asks)
  const config = { from: { address: 'shop@acorn.example' } }
  const settings = { plugin: 'email-sendgrid', config, grants: asks, secrets: { api_key: 'SG.key' } }
  await service.ask('PUT', '/v1/channels/mail', settings)

  await visitor.goto(`${shop}/contents/spring mail`)
  await page.getByRole('button', { name: 'Add a variant' }).click()
  await page.getByRole('dialog').getByLabel('Channel').selectOption('email')
  await page.getByRole('dialog').getByRole('button', { name: 'Add a variant' }).click()
  await page.getByLabel('Subject', { exact: false }).first().fill('Spring')
  const blocks = page.getByRole('region', { name: 'Blocks of the mail' })
  const put = blocks.getByRole('group', { name: 'Put in a block' })
  await put.getByRole('button', { name: 'Heading' }).click()
  await blocks.getByLabel('Words', { exact: true }).fill('Hello {{ user_name }}')
  await put.getByRole('button', { name: 'Lines of the cart' }).click()
  await put.getByRole('button', { name: 'Button' }).click()
  await blocks.getByRole('listitem', { name: 'Button 3' }).getByLabel('Words').fill('Back to it')
  await put.getByRole('button', { name: 'Footer' }).click()
  const mail = page.frameLocator('.mail-view')
  await mail.getByText('Hello Ana').waitFor()
  await mail.getByText('2 × Copper teapot').waitFor()
  await mail.getByRole('link', { name: 'Unsubscribe' }).waitFor()

  const names = () => blocks.getByRole('listitem').evaluateAll(all => all.map(one => one.ariaLabel))
  await visitor.press(blocks.getByRole('button', { name: 'Move Button 3 up' }))
  await expect.poll(names).toEqual(['Heading 1', 'Button 2', 'Lines of the cart 3', 'Footer 4'])
  const grip = blocks.getByRole('listitem', { name: 'Footer 4' }).locator('.block-grip')
  // As the browser tells of a drag; where exactly its pointer would be depends on how far the page is scrolled.
  const dataTransfer = await page.evaluateHandle(() => new DataTransfer())
  await grip.dispatchEvent('dragstart', { dataTransfer })
  for (const event of ['dragover', 'drop']) {
    await blocks.getByRole('listitem', { name: 'Heading 1' }).dispatchEvent(event, { dataTransfer })
  }
  await expect.poll(names).toEqual(['Footer 1', 'Heading 2', 'Button 3', 'Lines of the cart 4'])
  await visitor.isSound('the blocks of a mail')
  await visitor.shoot('content-mail')

  await page.getByRole('button', { name: 'Save as a new revision' }).click()
  await page.getByText('Saved as revision 1.').waitFor()
  await visitor.choose('ar', 'dark')
  await page.locator('.blocks li').nth(3).waitFor()
  await visitor.isSound('the blocks of a mail in Arabic, dark')
  await visitor.shoot('content-mail-ar-dark')
  await visitor.choose('en', 'light')
  const source = page.getByLabel('MJML', { exact: false }).first()
  expect(await source.inputValue()).toContain('css-class="block-footer"')
  await source.fill('<mjml><mj-body><mj-section><mj-column><mj-text>By hand</mj-text></mj-column></mj-section></mj-body></mjml>')
  await page.getByText('This mail was written by hand').waitFor()
  await mail.getByText('By hand').waitFor()
  visitor.faults.length = 0
}, 120_000)

test('the picture of a cart is seen in the preview as it will be sent', async () => {
  const page = visitor.page
  const body = { text: 'Your cart', image: '{{ cart.image_grid }}' }
  await service.ask('PUT', '/v1/contents/pictured', {
    name: 'pictured',
    variants: [
      { channel: 'inbox', body },
      { channel: 'inbox', locale: 'ro', body: { ...body, image: 'https://elsewhere.example/a.png' } },
    ],
  })
  await visitor.goto(`${shop}/contents/pictured`)
  const picture = page.locator('.phone-screen img')
  await expect.poll(() => picture.evaluate(one => (one as HTMLImageElement).naturalWidth)).toBeGreaterThan(100)
  await visitor.isSound('a content with a picture')
  await visitor.shoot('content-picture')
  await page.getByRole('button', { name: 'inbox · ro' }).click()
  await page.getByText('Picture: https://elsewhere.example/a.png').waitFor()
  expect(await picture.count()).toBe(0)
  expect(visitor.faults).toEqual([])
}, 60_000)

test('customers are found by name, address and phone, and nobody is said kindly', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/customers`)
  const rows = page.locator('tbody tr')
  for (const [typed, name] of [
    ['lindq', null],
    ['ana', 'Ana Lindqvist'],
    ['ben@shop', 'Ben Lindqvist'],
  ] as const) {
    await page.getByRole('searchbox').fill(typed)
    await expect.poll(() => rows.count()).toBe(name ? 1 : 2)
    if (name) await rows.getByText(name).waitFor()
  }
  await visitor.isSound('customers who were looked for')
  await page.getByRole('searchbox').fill('nobody at all')
  await page.getByText('Nobody is found').waitFor()
  await visitor.isSound('nobody found')
}, 60_000)

test('messages are narrowed by state, reason, strategy, step and day, and the address keeps it', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/messages`)
  const rows = page.locator('tbody tr')
  await rows.first().waitFor()
  const all = await rows.count()
  await page.getByLabel('State', { exact: true }).selectOption('Not sent')
  await page.getByLabel('Reason').selectOption('No consent to marketing')
  await expect.poll(() => rows.count()).toBeLessThan(all)
  expect(page.url()).toContain('reason=no_consent')
  await page.getByLabel('State', { exact: true }).selectOption('Sent')
  await expect.poll(() => rows.count()).toBeGreaterThan(0)
  await page.getByLabel('Strategy').selectOption('Add-to-cart reminder')
  await expect.poll(() => page.getByLabel('Step').count()).toBe(1)
  await page.getByLabel('To the day').fill('2020-01-01')
  await page.getByText('Nothing fits. Take one of the filters away.').waitFor()
  await visitor.isSound('narrowed messages')
  await visitor.shoot('messages-narrowed')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('the tables of a report are handed out as a workbook', async () => {
  const page = visitor.page
  await visitor.goto(`${shop}/reports`)
  const handed = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download for Excel' }).click()
  expect((await handed).suggestedFilename()).toBe('Reports.xlsx')
  expect(visitor.faults).toEqual([])
}, 60_000)
