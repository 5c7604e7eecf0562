/** A template is written and handed in from the console: at the channel, and from a content that its provider does not
 * know; what the provider refuses is said where it was written. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Local } from './local'
import { Service } from './service'
import { Visitor } from './visitor'

type Told = { name: string; language: string; category: string; components: object[] }

/** The templates that Meta was given, and what it refuses the next one with. */
const known: Told[] = []
let refusal = ''
let meta: Local

function answer(method: string, body: string): [number, object] {
  if (method === 'GET') {
    return [200, { data: known.map(one => ({ ...one, status: 'PENDING', rejected_reason: 'NONE' })) }]
  }
  if (refusal) return [400, { error: { message: refusal, code: 100, type: 'OAuthException' } }]
  known.push(JSON.parse(body) as Told)
  return [200, { id: String(known.length), status: 'PENDING', category: 'MARKETING' }]
}

let service: Service
let visitor: Visitor
let shop = ''

beforeAll(async () => {
  meta = await Local.start(answer)
  service = await Service.demo(['--still', '--allow-private-host', meta.host])
  visitor = await Visitor.come(service.url)
  shop = await visitor.home()
  const { items } = (await service.ask('GET', '/v1/plugins')) as {
    items: { name: string; asks: { hosts: object[] } }[]
  }
  const asks = items.find(one => one.name === 'whatsapp-cloud')?.asks
  await service.ask('PUT', '/v1/channels/whatsapp', {
    plugin: 'whatsapp-cloud',
    config: { phone_number_id: '10655', business_account_id: '10229', endpoint: `http://${meta.host}` },
    grants: { ...asks, hosts: [...(asks?.hosts ?? []), { host: meta.host, methods: ['GET', 'POST'] }] },
    secrets: { access_token: 'the access token', app_secret: 'the app secret', verify_token: 'the verify token' },
  })
}, 120_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
  meta?.stop()
})

const BODY = { type: 'BODY', text: 'Your cart is waiting.' }

test('a template is written at its channel, corrected as the provider says, and then looked at', async () => {
  const { page } = visitor
  await visitor.goto(`${shop}/connections/channels/whatsapp`)
  await visitor.press(page.getByRole('button', { name: 'Create a template' }))
  const dialog = page.getByRole('dialog', { name: 'Create a template' })
  await dialog.getByRole('button', { name: 'Ask for approval' }).click()
  await dialog.locator('[aria-invalid=true]').first().waitFor()
  await dialog.getByRole('textbox', { name: /^Name/ }).fill('spring')
  await dialog.getByRole('textbox', { name: /^Language/ }).first().fill('en')
  await dialog.getByRole('textbox', { name: /^Template/ }).fill('spring_sale')
  await dialog.getByRole('button', { name: 'Ask for approval' }).click()
  await dialog.getByRole('alert').getByText('definition: is missing').waitFor()
  visitor.expectFault('422')
  await visitor.isSound('what a template lacks')

  refusal = 'Category is wrong for this text'
  await dialog.getByRole('combobox', { name: /^Category/ }).selectOption('MARKETING')
  await dialog.getByRole('button', { name: 'Add: Components' }).click()
  await dialog.getByRole('textbox', { name: /^Components 1/ }).fill(JSON.stringify(BODY))
  await dialog.getByRole('button', { name: 'Ask for approval' }).click()
  await dialog.getByRole('alert').getByText(refusal).waitFor()
  visitor.expectFault('422')
  await visitor.isSound('what the provider refuses')
  await visitor.shoot('template-refused')
  expect(known).toEqual([])

  refusal = ''
  await dialog.getByRole('textbox', { name: /^Template/ }).focus()
  await visitor.press(dialog.getByRole('button', { name: 'Ask for approval' }))
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('Being looked at').waitFor()
  expect(known).toMatchObject([
    { name: 'spring_sale', language: 'en', category: 'MARKETING', components: [BODY] },
  ])
  const saved = (await service.ask('GET', '/v1/contents/spring')) as { content: { variants: object[] } }
  expect(saved.content.variants).toMatchObject([{ channel: 'whatsapp', body: { template: 'spring_sale' } }])
  await visitor.isSound('a template that is looked at')
}, 90_000)

test('a content whose template the provider does not know hands it in, in both directions', async () => {
  const { page } = visitor
  const definition = { category: 'UTILITY', components: [BODY] }
  const body = { template: 'summer_sale', definition }
  await service.ask('PUT', '/v1/contents/summer', { name: 'summer', variants: [{ channel: 'whatsapp', body }] })
  await service.ask('POST', '/v1/channels/whatsapp/templates/sync')
  for (const [language, theme, words] of [
    ['ar', 'dark', 'طلب الموافقة'],
    ['en', 'light', 'Ask for approval'],
  ] as const) {
    await visitor.choose(language, theme)
    await visitor.goto(`${shop}/contents/summer`)
    await page.getByRole('button', { name: words }).waitFor()
    await visitor.isSound(`a template that is not known, in ${language}`)
    await visitor.shoot(`content-template-unknown-${language}-${theme}`)
  }
  refusal = 'Too many templates'
  await page.getByRole('button', { name: 'Ask for approval' }).click()
  await page.getByRole('alert').getByText(refusal).waitFor()
  visitor.expectFault('422')
  refusal = ''
  await visitor.press(page.getByRole('button', { name: 'Ask for approval' }))
  await page.getByText('Being looked at').waitFor()
  expect(known[1]).toMatchObject({ name: 'summer_sale', category: 'UTILITY' })
  expect(await page.getByRole('button', { name: 'Ask for approval' }).count()).toBe(0)
  await visitor.isSound('a content whose template is looked at')
  expect(visitor.faults).toEqual([])
}, 90_000)
