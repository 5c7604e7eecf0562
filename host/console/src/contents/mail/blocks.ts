/** A mail as a list of blocks, written as MJML and read back. Whatever was not written here is left to its author. */

export const KINDS = ['heading', 'text', 'image', 'button', 'lines', 'columns', 'divider', 'footer'] as const
export type Kind = (typeof KINDS)[number]
export type Block = { kind: Kind; fields: Record<string, string> }

type Shape = {
  /** Its fields, with what they begin with. */
  blank: Record<string, string>
  write: (fields: Record<string, string>) => string
  read: (section: Element) => Record<string, string>
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const quote = (text: string) => escape(text).replaceAll('"', '&quot;')
const lines = (text: string) => text.split('\n').map(escape).join('<br />')

/** Words with their line breaks. */
const words = (element: Element | null | undefined): string =>
  [...(element?.childNodes ?? [])]
    .map(node => (node.nodeName === 'br' ? '\n' : (node.textContent ?? '')))
    .join('')

const attribute = (element: Element | null, name: string) => element?.getAttribute(name) ?? ''
const column = (inside: string) => `<mj-column>${inside}</mj-column>`
const LOOP = ['<mj-raw>{% for line in cart.lines %}</mj-raw>', '<mj-raw>{% endfor %}</mj-raw>'] as const

const SHAPES: Record<Kind, Shape> = {
  heading: {
    blank: { text: '' },
    write: ({ text = '' }) => column(`<mj-text font-size="24px" font-weight="bold">${lines(text)}</mj-text>`),
    read: section => ({ text: words(section.querySelector('mj-text')) }),
  },
  text: {
    blank: { text: '' },
    write: ({ text = '' }) => column(`<mj-text line-height="1.5">${lines(text)}</mj-text>`),
    read: section => ({ text: words(section.querySelector('mj-text')) }),
  },
  image: {
    blank: { src: '', alt: '', href: '' },
    write: ({ src = '', alt = '', href = '' }) =>
      column(
        `<mj-image src="${quote(src)}" alt="${quote(alt)}"${href && ` href="${quote(href)}"`} />`,
      ),
    read: section => {
      const image = section.querySelector('mj-image')
      return { src: attribute(image, 'src'), alt: attribute(image, 'alt'), href: attribute(image, 'href') }
    },
  },
  button: {
    blank: { text: '', href: '{{ recovery_link }}' },
    write: ({ text = '', href = '' }) => column(`<mj-button href="${quote(href)}">${lines(text)}</mj-button>`),
    read: section => {
      const button = section.querySelector('mj-button')
      return { text: words(button), href: attribute(button, 'href') }
    },
  },
  lines: {
    blank: {},
    write: () => column('<mj-text>{{ line.quantity }} × {{ line.title }}</mj-text>'),
    read: () => ({}),
  },
  columns: {
    blank: { left: '', right: '' },
    write: ({ left = '', right = '' }) =>
      [left, right].map(text => column(`<mj-text line-height="1.5">${lines(text)}</mj-text>`)).join(''),
    read: section => {
      const [left, right] = section.querySelectorAll('mj-text')
      return { left: words(left), right: words(right) }
    },
  },
  divider: { blank: {}, write: () => column('<mj-divider border-width="1px" />'), read: () => ({}) },
  footer: {
    blank: { text: '{{ shop.name }}', link: '' },
    write: ({ text = '', link = '' }) => {
      const unsubscribe = `<a href="{{ unsubscribe_url }}">${escape(link)}</a>`
      return column(
        `<mj-text font-size="12px" align="center">${lines(text)}</mj-text>` +
          `<mj-text font-size="12px" align="center">${unsubscribe}</mj-text>`,
      )
    },
    read: section => {
      const [text, link] = section.querySelectorAll('mj-text')
      return { text: words(text), link: words(link) }
    },
  },
}

/** A block with nothing in it yet. `words` are what the reader of the mail is told. */
export const blank = (kind: Kind, words: { unsubscribe: string }): Block => {
  const fields = { ...SHAPES[kind].blank }
  return { kind, fields: kind === 'footer' ? { ...fields, link: words.unsubscribe } : fields }
}

/** The fields of a block, in the order in which they are asked for. */
export const fieldsOf = (kind: Kind): string[] => Object.keys(SHAPES[kind].blank)

/** The blocks as MJML. The class of a section says which block it is. */
export function write(blocks: Block[]): string {
  const sections = blocks.map(({ kind, fields }) => {
    const section = `<mj-section css-class="block-${kind}">${SHAPES[kind].write(fields)}</mj-section>`
    return kind === 'lines' ? `${LOOP[0]}\n${section}\n${LOOP[1]}` : section
  })
  return ['<mjml>', '<mj-body>', ...sections, '</mj-body>', '</mjml>'].join('\n')
}

/** The blocks of a mail that was written here; none where somebody wrote it by hand, so that nothing of it is lost. */
export function read(source: string): Block[] | undefined {
  if (!source.trim()) return []
  const parsed = new DOMParser().parseFromString(source, 'text/xml')
  const blocks: Block[] = []
  for (const section of parsed.querySelectorAll('mj-body > mj-section')) {
    const kind = KINDS.find(known => section.getAttribute('css-class') === `block-${known}`)
    if (!kind) return undefined
    blocks.push({ kind, fields: SHAPES[kind].read(section) })
  }
  return write(blocks) === source.trim() ? blocks : undefined
}

/** The list with one of them in another place. */
export function moved(blocks: Block[], from: number, to: number): Block[] {
  const block = blocks[from]
  if (!block || to < 0 || to >= blocks.length) return blocks
  const rest = blocks.filter((_, place) => place !== from)
  return [...rest.slice(0, to), block, ...rest.slice(to)]
}
