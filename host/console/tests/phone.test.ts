/** What a phone would show of what a channel is given. */
import { expect, test } from 'vitest'
import { screenOf } from '../src/pieces/phone'

const DEFINITION = {
  category: 'MARKETING',
  components: [
    { type: 'HEADER', format: 'IMAGE' },
    { type: 'BODY', text: 'Hi {{1}}, your {{2}} is waiting.' },
    { type: 'FOOTER', text: 'Reply STOP to hear no more.' },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'QUICK_REPLY', text: 'Later' },
        { type: 'URL', text: 'To the cart', url: 'https://shop.example/{{1}}' },
      ],
    },
  ],
}

test('a template is shown with what fills it', () => {
  const said = {
    template: 'cart',
    header: { image: 'https://shop.example/grid.png' },
    body: ['Ana', 'teapot'],
    buttons: [{ index: 1, type: 'url', value: 'c/7' }],
  }
  expect(screenOf(said, DEFINITION)).toEqual({
    subject: undefined,
    image: 'https://shop.example/grid.png',
    text: 'Hi Ana, your teapot is waiting.',
    footer: 'Reply STOP to hear no more.',
    buttons: [
      { title: 'Later', url: undefined },
      { title: 'To the cart', url: 'https://shop.example/c/7' },
    ],
    rest: [],
  })
})

test('parameters by name are filled by name, and one that nothing fills stays', () => {
  const components = [{ type: 'BODY', text: 'Hi {{ first_name }}, {{ gift }}' }]
  expect(screenOf({ template: 't', body: { first_name: 'Ana' } }, { components }).text).toBe('Hi Ana, {{ gift }}')
})

test('a text is what it is, whatever definition stands beside it', () => {
  expect(screenOf({ text: 'Hello', subject: 'Cart' }, DEFINITION)).toMatchObject({ text: 'Hello', subject: 'Cart' })
})

test('of a template that the shop does not define, what fills it is listed', () => {
  const said = { template: 'cart', body: ['Ana', ''], header: { image: 'https://shop.example/a.png' } }
  expect(screenOf(said)).toMatchObject({
    image: 'https://shop.example/a.png',
    rest: [
      ['template', 'cart'],
      ['body 1', 'Ana'],
    ],
  })
  expect(screenOf('nothing').rest).toEqual([])
})
