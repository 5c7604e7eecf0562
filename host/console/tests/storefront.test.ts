/** What the console asks of a shop's pages is what the service keeps. */
import { expect, test } from 'vitest'
import { fieldOf, kept, written } from '../src/storefront/settings'

const texts = { en: { title: 'Hello', consent: 'Yes' } }

test('what is kept is asked for, and kept again as it was', () => {
  const form = { asks: ['phone' as const], consent: 'needed' as const, language: 'en', texts }
  const storefront = {
    origins: ['https://shop.example'],
    forms: { coupon: { ...form, opens_after: '1m 30s', code: 'HELLO5', topic: 'tea' } },
  }
  const asked = written(storefront)
  expect(asked.forms?.coupon).toMatchObject({ email: false, phone: true, needs_consent: true, opens_after: 90 })
  expect(kept(asked)).toEqual({
    ...storefront,
    forms: { coupon: { ...storefront.forms.coupon, opens_after: '90s' } },
  })
})

test('a new form asks for an e-mail address, and without a page there is no script', () => {
  const one = kept({ origins: ['https://shop.example'], forms: { news: { texts } } })
  expect(one?.forms?.news).toEqual({ asks: ['email'], consent: 'asked', language: 'en', texts })
  expect(kept(written(null))).toBe(null)
})

test('a fault is said at its question', () => {
  expect(fieldOf('/origins/0')).toBe('storefront.origins[0]')
  expect(fieldOf('/forms/news/phone')).toBe('storefront.forms.news.asks')
  expect(fieldOf('/forms/news/texts/en/title')).toBe('storefront.forms.news.texts.en.title')
})
