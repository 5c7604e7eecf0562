/** Signing in at an OpenID provider, by the button that is there for it, with a real browser in between: it goes to
 * another site and comes back, with the cookies that it then has. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Provider } from './provider'
import { Service } from './service'
import { Visitor } from './visitor'

let provider: Provider
let service: Service
let visitor: Visitor

beforeAll(async () => {
  provider = await Provider.start()
  service = await Service.serve(provider.options)
  visitor = await Visitor.come(service.url)
}, 60_000)

afterAll(async () => {
  await visitor?.leave()
  await service?.stop()
  provider?.stop()
})

const AT_PROVIDER = 'Sign in with Acme'

/** The button is pressed; the only request to elsewhere is the one to the provider. */
async function goToProvider() {
  const { page } = visitor
  await page.getByRole('link', { name: AT_PROVIDER }).waitFor()
  await visitor.press(page.getByRole('link', { name: AT_PROVIDER }))
  await expect.poll(() => visitor.faults.length).toBe(1)
  visitor.expectFault(`request to ${provider.url}/authorize?`)
}

test('somebody with an account signs in at the provider, and is where they wanted to be', async () => {
  const { page } = visitor
  await visitor.goto(service.link)
  await page.locator('input[name=username]').fill('ana@acorn.example')
  await page.locator('input[name=password]').fill('correct horse battery')
  await page.getByRole('button', { name: 'Begin' }).click()
  await page.getByRole('heading', { level: 1, name: 'Acorn and Oak' }).waitFor()
  const shop = new URL(page.url()).pathname.replace('/console', '').replace(/\/$/, '')
  await page.getByRole('button', { name: /Signed in as/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()

  await visitor.goto(`${shop}/contents`)
  await page.waitForURL(/sign-in/)
  await page.getByRole('link', { name: AT_PROVIDER }).waitFor()
  await visitor.isSound('signing in where there is a provider')
  await visitor.shoot('sign-in-provider')
  await goToProvider()
  await page.getByRole('heading', { level: 1, name: 'Contents' }).waitFor()
  await visitor.settle()
  await page.getByRole('button', { name: /Signed in as ana@acorn\.example/ }).waitFor()
  expect(page.url()).toContain(`${shop}/contents`)
  expect(page.url()).not.toMatch(/code=|state=/)
  const [asked] = provider.asked
  expect([asked?.get('response_type'), asked?.get('code_challenge_method')]).toEqual(['code', 'S256'])
  expect(asked?.get('redirect_uri')).toBe(`${service.url}/v1/session/oidc/callback`)
  // The session stays with the browser, and nothing of the way there does.
  const cookies = (await visitor.context.cookies()).map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])
  expect(cookies).toEqual([['cartwright-session', true, 'Strict']])
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Contents' }).waitFor()
  await visitor.isSound('after signing in at the provider')
}, 90_000)

test('whom the provider proves and nobody here knows stays outside, and is told why', async () => {
  const { page } = visitor
  await page.getByRole('button', { name: /Signed in as/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  provider.person = { sub: 'mallory-1', email: 'mallory@elm.example', email_verified: true }
  await goToProvider()
  await page.getByRole('alert').getByText('Nobody here has the address of this account').waitFor()
  await visitor.isSound('a refusal after the provider')
  expect((await visitor.context.cookies()).map(one => one.name)).toEqual([])
  // An address that the provider did not verify is anybody's.
  provider.person = { sub: 'mallory-1', email: 'ana@acorn.example', email_verified: false }
  await goToProvider()
  await page.getByRole('alert').waitFor()
  await page.getByRole('alert').getByText('does not say that').waitFor()
  expect((await visitor.context.cookies()).map(one => one.name)).toEqual([])
}, 60_000)
