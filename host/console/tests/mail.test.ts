/** A mail of blocks is MJML in which nothing that somebody typed is taken for an element. */
import { expect, test } from 'vitest'
import { blank, fieldsOf, KINDS, moved, write } from '../src/contents/mail/blocks'
import en from '../src/words/en.json'

const words = { unsubscribe: 'Unsubscribe' }

test('every block has a name, and every field of it', () => {
  const named = KINDS.flatMap(kind => [`mailBlock.${kind}`, ...fieldsOf(kind).map(field => `mailField.${field}`)])
  expect(named.filter(key => !(key in en))).toEqual([])
})

test('what somebody types stays text, and templates stay templates', () => {
  const typed = 'a < b & "c"\n{{ user_name }}'
  const source = write(
    KINDS.map(kind => ({
      kind,
      fields: Object.fromEntries(fieldsOf(kind).map(name => [name, name === 'href' ? '" onclick="x' : typed])),
    })),
  )
  expect(source).not.toContain('a < b')
  expect(source).not.toContain('" onclick')
  expect(source).toContain('a &lt; b &amp; "c"<br />{{ user_name }}')
  const count = (part: string) => source.split(part).length - 1
  expect([count('<mj-section '), count('</mj-section>'), count('<mj-raw>')]).toEqual([KINDS.length, KINDS.length, 2])
})

test('a footer leads to where its reader unsubscribes', () => {
  expect(write([blank('footer', words)])).toContain('<a href="{{ unsubscribe_url }}">Unsubscribe</a>')
})

test('a block moves by one place or by many, and never out of the list', () => {
  const kinds = (blocks: ReturnType<typeof moved>) => blocks.map(one => one.kind)
  const three = (['heading', 'text', 'button'] as const).map(kind => blank(kind, words))
  expect(kinds(moved(three, 0, 2))).toEqual(['text', 'button', 'heading'])
  expect(kinds(moved(three, 2, 0))).toEqual(['button', 'heading', 'text'])
  expect(moved(three, 0, -1)).toBe(three)
  expect(moved(three, 2, 3)).toBe(three)
})
