/** A channel and a source are set up: what their plugins may do, secrets that never come back, whether they work, what
 * came in that nobody understood. */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { component, Service } from './service'
import { hook } from './story'
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

async function upload(file: string) {
  await visitor.goto(`${shop}/plugins`)
  const buffer = component(file)
  await visitor.page
    .locator('input[type=file]')
    .setInputFiles({ name: `${file}.wasm`, mimeType: 'application/wasm', buffer })
  await visitor.page.getByText('was checked and is installed').waitFor()
}

const TOKEN = 'a token that nobody may read again'

test('a channel is set up from its plugin: what it may do is asked, and its secret never comes back', async () => {
  const { page } = visitor
  await upload('smsapi')
  await visitor.goto(`${shop}/connections`)
  await page.getByRole('link', { name: 'Add a channel' }).click()
  await page.getByRole('combobox', { name: /^Plugin/ }).selectOption('smsapi')
  await page.getByRole('textbox', { name: /^Name/ }).fill('texts')
  await page.getByLabel('Sender name').fill('!')
  await page.getByRole('button', { name: 'Set it up' }).click()
  await page.locator('[aria-invalid=true]').first().waitFor()
  await visitor.isSound('a form with something that does not fit')

  await page.getByLabel('Sender name').fill('Acorn')
  await page.getByLabel('API token').fill(TOKEN)
  await page.getByRole('button', { name: 'Set it up' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('GET POST api.smsapi.com/').waitFor()
  await dialog.getByText('Uses a secret without seeing it: API token').waitFor()
  expect(await dialog.getByText('Key of the callbacks').count()).toBe(0)
  await visitor.isSound('what a channel may do')
  await visitor.shoot('connection-consent')
  await dialog.getByRole('button', { name: 'Grant it and save' }).click()
  await page.getByRole('heading', { level: 1, name: 'texts' }).waitFor()
  await page.getByText('Saved. Try now whether it works.').waitFor()

  const saved = await settings()
  expect(saved.secrets).toEqual(['token'])
  expect(saved.grants.hosts.map(one => one.host)).toEqual(['api.smsapi.com', 'api.smsapi.pl'])
  expect(saved.grants.secrets).toEqual(['token'])
  expect(await page.content()).not.toContain(TOKEN)
  expect(await page.getByLabel('API token').inputValue()).toBe('')
  expect(await page.getByLabel('API token').getAttribute('placeholder')).toContain('Set')
  await visitor.isSound('a channel that was set up')
  await visitor.shoot('connection-set-up')
}, 90_000)

type Saved = {
  config: unknown
  window: unknown
  secrets: string[]
  grants: { hosts: { host: string }[]; secrets: string[] }
}
const settings = async () => (await service.ask('GET', '/v1/channels/texts')) as Saved

test('what is changed asks again only for more; what does not work says so and what to do', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/connections/channels/texts`)
  // Its window is its own business: nothing more is asked for.
  await page.getByLabel('Marketing goes out').selectOption({ label: 'At all hours' })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. Try now whether it works.').waitFor()
  const saved = await settings()
  expect([saved.window, saved.secrets]).toEqual(['always', ['token']])

  // Another host is more than was granted, and who says no changes nothing.
  const nowhere = 'http://127.0.0.1:9'
  await page.getByLabel('Endpoint').fill(nowhere)
  await page.getByRole('button', { name: 'Save' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('GET POST 127.0.0.1:9/').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect((await settings()).config).toMatchObject({ sender: 'Acorn' })
  expect(JSON.stringify(await settings())).not.toContain(nowhere)
  await page.getByRole('button', { name: 'Save' }).click()
  await dialog.getByRole('button', { name: 'Grant it and save' }).click()
  await expect.poll(async () => JSON.stringify(await settings())).toContain(nowhere)

  await page.getByRole('button', { name: 'Try it now' }).click()
  await page.getByText('It does not work').waitFor()
  await page.getByText('Put right what is named here').waitFor()
  await visitor.isSound('a probe that failed')
  await visitor.shoot('connection-probe')
  const { items } = (await service.ask('GET', '/v1/channels')) as { items: { name: string; plugin: string }[] }
  await visitor.goto(`${shop}/connections/channels/${items.find(one => one.plugin.startsWith('inbox'))?.name}`)
  await page.getByRole('button', { name: 'Try it now' }).click()
  await page.getByText('It works').waitFor()
  expect(visitor.faults).toEqual([])
}, 90_000)

type Senders = { senders?: { name: string; rate_per_second?: number; default?: boolean; held?: object }[] }
const inbox = async () => (await service.ask('GET', '/v1/channels/inbox')) as Senders

test('a channel gets senders, a strategy goes by some of them, and one that is held says why and is released', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/connections/channels/inbox`)
  for (const [name, rate] of [
    ['acorn', '80'],
    ['oak', ''],
  ] as const) {
    await page.getByRole('button', { name: 'Add a sender' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: /^Name/ }).fill(name)
    await dialog.getByLabel('Messages a second, at most').fill(rate)
    await visitor.isSound(`the form of ${name}`)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: `Change ${name}` }).waitFor()
    await dialog.waitFor({ state: 'detached' })
  }
  await page.getByText('At most 80 a second').waitFor()
  expect((await inbox()).senders).toMatchObject([{ name: 'acorn', rate_per_second: 80 }, { name: 'oak' }])
  await page.getByRole('button', { name: 'Change oak' }).click()
  await page.getByRole('dialog').getByLabel('Sends where a strategy names no sender').check()
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByText('default', { exact: true }).waitFor()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect((await inbox()).senders?.[1]?.default).toBe(true)

  // Other settings of the channel leave them as they are.
  await page.getByLabel('Marketing goes out').selectOption({ label: 'At all hours' })
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved. Try now whether it works.').waitFor()
  expect((await inbox()).senders?.map(one => one.name)).toEqual(['acorn', 'oak'])

  await visitor.goto(`${shop}/strategies`)
  await page.locator('tbody a').first().click()
  await page.getByRole('button', { name: 'Policies' }).click()
  await page.getByLabel('Sender on inbox').selectOption('acorn')
  await page.getByLabel('Stand-in 1 on inbox').selectOption('oak')
  await visitor.isSound('the choice of senders')
  await page.getByRole('button', { name: 'Save as next version' }).click()
  await visitor.settle()
  await visitor.goto(`${shop}/strategies`)
  await page.getByText('then oak').waitFor()
  await visitor.isSound('senders in the list of strategies')
  await visitor.shoot('strategies-senders')

  // No provider of the demo refuses a sender: what one would be told is put into the answer.
  const hold = { reason: 'sender_policy', since: Date.now(), words: 'Account locked (131031)', next_step: 'Ask Meta.' }
  await page.route('**/v1/channels', async route => {
    const answer = await route.fetch()
    const body = (await answer.json()) as { items: ({ name: string } & Senders)[] }
    const acorn = body.items.find(one => one.name === 'inbox')?.senders?.[0]
    if (acorn) acorn.held = hold
    await route.fulfill({ response: answer, json: body })
  })
  for (const [language, theme] of [
    ['ar', 'dark'],
    ['en', 'light'],
  ] as const) {
    await visitor.choose(language, theme)
    await visitor.goto(`${shop}/connections/channels/inbox`)
    await page.getByText('Account locked (131031) Ask Meta.').waitFor()
    await visitor.isSound(`a sender that is held, in ${language}`)
    await visitor.shoot(`connection-sender-held-${language}-${theme}`)
  }
  await page.unroute('**/v1/channels')
  await page.getByRole('button', { name: 'Release the sender acorn' }).click()
  await page.getByText('Account locked').waitFor({ state: 'detached' })
  expect(visitor.faults).toEqual([])
}, 120_000)

test('a source is set up by keyboard alone, and is gone when somebody says so', async () => {
  const { page } = visitor
  const press = (name: string) => visitor.press(page.getByRole('button', { name, exact: true }))
  await upload('segment')
  await visitor.goto(`${shop}/connections/new/sources?plugin=segment`)
  await page.getByRole('textbox', { name: /^Name/ }).focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('site')
  await page.locator('input[type=password]').first().focus()
  await page.keyboard.type('a write key of ours')
  await press('Set it up')
  await press('Grant it and save')
  await page.getByRole('heading', { level: 1, name: 'site' }).waitFor()
  const { webhook } = (await service.ask('GET', '/v1/sources/site')) as { webhook: string }
  await page.getByText(webhook).waitFor()
  await visitor.isSound('a source that was set up')
  await press('Remove')
  // A dialog bears its title a moment after its words are there.
  await page.getByRole('dialog', { name: /./ }).getByText('Its secrets are forgotten').waitFor()
  await visitor.isSound('the question before it is gone')
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('heading', { level: 1, name: 'Channels and sources' }).waitFor()
  await expect.poll(() => page.getByRole('link', { name: 'site', exact: true }).count()).toBe(0)
  expect(visitor.faults).toEqual([])
}, 90_000)

test('what came in and was not understood is shown as it came, in both directions', async () => {
  const { page } = visitor
  await hook(service, 'themes/publish', { id: 1, name: 'Autumn' })
  const { items } = (await service.ask('GET', '/v1/sources')) as { items: { name: string; plugin: string }[] }
  const name = items.find(one => one.plugin.startsWith('shopify'))?.name
  for (const [language, theme] of [
    ['en', 'light'],
    ['ar', 'dark'],
  ] as const) {
    await visitor.choose(language, theme)
    await visitor.goto(`${shop}/connections/sources/${name}`)
    await page.getByText('unknown topic `themes/publish`').waitFor()
    await page.locator('details summary').first().click()
    await page.getByText('x-shopify-topic: themes/publish').waitFor()
    await page.getByText('"name": "Autumn"').waitFor()
    await visitor.isSound(`a delivery in ${language}`)
    await visitor.shoot(`connection-delivery-${language}-${theme}`)
  }
}, 60_000)

test('what came in lately is shown whatever became of it, by keyboard and in both directions', async () => {
  const { page } = visitor
  const { items } = (await service.ask('GET', '/v1/sources')) as {
    items: { name: string; plugin: string; webhook: string }[]
  }
  const source = items.find(one => one.plugin.startsWith('shopify'))
  const forged = { method: 'POST', headers: { 'x-shopify-hmac-sha256': 'nobodys-signature' }, body: '{"id":7}' }
  const answer = await fetch(`${service.url}${new URL(source?.webhook ?? '').pathname}?token=nobodys-token`, forged)
  expect(answer.status).toBe(401)
  for (const [language, theme, refused] of [
    ['ar', 'dark', 'رُفض'],
    ['en', 'light', 'Refused'],
  ] as const) {
    await visitor.choose(language, theme)
    await visitor.goto(`${shop}/connections/sources/${source?.name}`)
    await page.getByText(refused, { exact: true }).waitFor()
    await visitor.isSound(`recent deliveries in ${language}`)
    await visitor.shoot(`connection-deliveries-${language}-${theme}`)
  }
  const row = page.getByRole('row').filter({ hasText: 'Refused' })
  await visitor.press(row.getByRole('button', { name: /^Show the delivery/ }))
  const dialog = page.getByRole('dialog', { name: /^Refused · / })
  await dialog.getByText('x-shopify-hmac-sha256: ***').waitFor()
  await dialog.getByText('set the secret here that it signs with').waitFor()
  await dialog.getByText('?token=***').waitFor()
  await dialog.getByText('"id": 7').waitFor()
  expect(await page.content()).not.toContain('nobodys-')
  await visitor.isSound('a delivery as it came')
  await visitor.shoot('connection-delivery-shown')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('row').filter({ hasText: 'Put aside' }).getByText('200').waitFor()
  expect(visitor.faults).toEqual([])
}, 60_000)

test('a delivery is taken in again once it can be, and says why while it cannot', async () => {
  const { page } = visitor
  await visitor.choose('en', 'light')
  const { items } = (await service.ask('GET', '/v1/sources')) as { items: { name: string; plugin: string }[] }
  const name = items.find(one => one.plugin.startsWith('shopify'))?.name
  await visitor.goto(`${shop}/connections/sources/${name}`)
  await page.getByRole('button', { name: 'Take it in again' }).first().click()
  await page.getByText('It could not be taken in: see the reason above.').waitFor()
  await visitor.isSound('a delivery that is not taken in')
  expect(visitor.faults).toEqual([])
}, 60_000)

test('somebody is told of alerts from now on, and a sample shows that it arrives', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/alerts`)
  await page.getByText('Nobody is told yet').waitFor()
  await page.getByRole('button', { name: 'Add somebody' }).click()
  await page.getByLabel('To whom').fill(' ')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('can send nothing to').waitFor()
  visitor.expectFault('422')
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('inbox')
  await page.getByLabel('To whom').fill('staff')
  expect(await page.getByRole('button', { name: /Send a test/ }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  await page.getByRole('button', { name: /Send a test/ }).click()
  await page.getByText('The provider has it, for staff.').waitFor()
  await visitor.isSound('who is told of alerts')
  await visitor.shoot('alerts-told')
  const inbox = (await service.ask('GET', '/v1/inbox')) as { items: { to: string; document: { text: string } }[] }
  expect(inbox.items[0]?.document.text).toContain('[Test] Sample shop: Alerts arrive here')
  expect(inbox.items[0]?.to).toBe('staff')
}, 60_000)

test('a channel shows where its templates stand, why, and what to do; so does a content that names one', async () => {
  const { page } = visitor
  const { items } = (await service.ask('GET', '/v1/plugins')) as { items: { name: string; asks: unknown }[] }
  const plugin = items.find(one => one.name === 'whatsapp-cloud')
  const { webhook } = (await service.ask('PUT', '/v1/channels/whatsapp', {
    plugin: 'whatsapp-cloud',
    config: { phone_number_id: '10655' },
    grants: plugin?.asks,
    secrets: { access_token: 't', app_secret: 'hush', verify_token: 'v' },
  })) as { webhook: string }
  await decided(webhook, 'REJECTED', 'PROMOTIONAL')

  await visitor.goto(`${shop}/connections/channels/whatsapp`)
  await page.getByText('Rejected', { exact: true }).waitFor()
  await page.getByText('PROMOTIONAL').waitFor()
  await page.getByText('Change the template at the provider').waitFor()
  await page.getByRole('button', { name: 'Ask again' }).click()
  await page.getByText('The provider did not tell its templates:').waitFor()
  await page.getByText('business_account_id').first().waitFor()
  await visitor.isSound('the templates of a channel')
  await visitor.shoot('connection-templates')

  const body = { template: 'spring', language: 'en_US' }
  await service.ask('PUT', '/v1/contents/offer', { name: 'offer', variants: [{ channel: 'whatsapp', body }] })
  await visitor.goto(`${shop}/contents/offer`)
  await page.getByRole('heading', { name: 'Approval by the provider' }).waitFor()
  await page.getByText('Rejected', { exact: true }).waitFor()
  await visitor.isSound('a content whose template is rejected')
  await decided(webhook, 'APPROVED', 'NONE')
  await visitor.goto(`${shop}/contents/offer`)
  await page.getByText('Approved', { exact: true }).waitFor()
  expect(visitor.faults).toEqual([])
}, 90_000)

/** What Meta decides on a template, signed as it signs. */
async function decided(webhook: string, event: string, reason: string) {
  const value = { event, reason, message_template_name: 'spring', message_template_language: 'en_US' }
  const { now } = (await service.ask('GET', '/v1/demo/clock')) as { now: string }
  const change = { field: 'message_template_status_update', value }
  const text = JSON.stringify({ entry: [{ time: Math.floor(Date.parse(now) / 1_000), changes: [change] }] })
  const signature = createHmac('sha256', 'hush').update(text).digest('hex')
  const answer = await fetch(`${service.url}${new URL(webhook).pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    body: text,
  })
  expect(answer.status).toBe(200)
}
