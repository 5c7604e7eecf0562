/** Tables as a workbook (.xlsx): numbers are numbers, and every text is a text, whatever it begins with. */

export type Cell = string | number | null | undefined
export type Sheet = { name: string; rows: Cell[][] }

const escaped = (text: string) =>
  text
    // what XML cannot hold at all
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/package/2006/relationships'
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

/** A cell is a number or an inline text. There is no third kind, so nothing is ever a formula. */
function cell(value: Cell): string {
  if (value === null || value === undefined || value === '') return '<c/>'
  if (typeof value === 'number') return Number.isFinite(value) ? `<c><v>${value}</v></c>` : '<c/>'
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`
}

/** Excel takes 31 letters, and none of these. */
const titled = (name: string, place: number) =>
  name
    .replace(/[[\]:*?/\\']/g, ' ')
    .slice(0, 31)
    .trim() || `Sheet${place + 1}`

export function workbook(sheets: Sheet[]): Uint8Array<ArrayBuffer> {
  const each = (text: (place: number, sheet: Sheet) => string) =>
    sheets.map((sheet, place) => text(place, sheet)).join('')
  const files: [string, string][] = [
    [
      '[Content_Types].xml',
      `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/>${each(place => `<Override PartName="/xl/worksheets/sheet${place + 1}.xml" ContentType="${TYPES}.worksheet+xml"/>`)}</Types>`,
    ],
    [
      '_rels/.rels',
      `<Relationships xmlns="${RELATIONS}"><Relationship Id="r1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      'xl/workbook.xml',
      `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${each((place, sheet) => `<sheet name="${escaped(titled(sheet.name, place))}" sheetId="${place + 1}" r:id="r${place + 1}"/>`)}</sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `<Relationships xmlns="${RELATIONS}">${each(place => `<Relationship Id="r${place + 1}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${place + 1}.xml"/>`)}</Relationships>`,
    ],
    ...sheets.map((sheet, place): [string, string] => [
      `xl/worksheets/sheet${place + 1}.xml`,
      `<worksheet xmlns="${MAIN}"><sheetData>${sheet.rows.map(row => `<row>${row.map(cell).join('')}</row>`).join('')}</sheetData></worksheet>`,
    ]),
  ]
  return archive(files.map(([name, text]) => [name, new TextEncoder().encode(HEAD + text)]))
}

/** A zip whose files are stored as they are. */
function archive(files: [string, Uint8Array][]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const [name, bytes] of files) {
    const path = new TextEncoder().encode(name)
    const sum = checksum(bytes)
    // version, flags, method, time, day (1 January 1980), sum, sizes, lengths of name and rest
    const about = [20, 0, 0, 0, 33] as const
    const common = numbers([
      ...about.map(value => [value, 2]),
      [sum, 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [path.length, 2],
      [0, 2],
    ])
    const local = joined([numbers([[0x04034b50, 4]]), common, path, bytes])
    parts.push(local)
    directory.push(
      joined([
        numbers([
          [0x02014b50, 4],
          [20, 2],
        ]),
        common,
        numbers([
          [0, 2],
          [0, 2],
          [0, 2],
          [0, 4],
          [offset, 4],
        ]),
        path,
      ]),
    )
    offset += local.length
  }
  const index = joined(directory)
  const end = numbers([
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [files.length, 2],
    [files.length, 2],
    [index.length, 4],
    [offset, 4],
    [0, 2],
  ])
  return joined([...parts, index, end])
}

/** Numbers, each in so many bytes, the lowest first. */
function numbers(values: (readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap(([value = 0, size = 0]) =>
      Array.from({ length: size }, (_, place) => Math.floor(value / 256 ** place) % 256),
    ),
  )
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** CRC-32 as zip has it. */
function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return (sum ^ 0xffffffff) >>> 0
}

/** Hands a workbook to whoever looks. */
export function download(name: string, sheets: Sheet[]) {
  const address = URL.createObjectURL(new Blob([workbook(sheets)], { type: `${TYPES}.sheet` }))
  const link = document.createElement('a')
  link.href = address
  link.download = `${name}.xlsx`
  link.click()
  URL.revokeObjectURL(address)
}
