/** Workbooks: read back as a spreadsheet reads them. */
import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import { workbook } from '../src/pieces/workbook'

/** The files of an archive as its directory tells of them, each with the sum that it must have. */
function files(bytes: Uint8Array): Record<string, string> {
  const view = new DataView(bytes.buffer)
  const text = (from: number, length: number) => new TextDecoder().decode(bytes.subarray(from, from + length))
  const end = bytes.length - 22
  expect(view.getUint32(end, true)).toBe(0x06054b50)
  const found: Record<string, string> = {}
  let entry = view.getUint32(end + 16, true)
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    expect(view.getUint32(entry, true)).toBe(0x02014b50)
    const [sum, size, named] = [
      view.getUint32(entry + 16, true),
      view.getUint32(entry + 24, true),
      view.getUint16(entry + 28, true),
    ]
    const local = view.getUint32(entry + 42, true)
    expect(view.getUint32(local, true)).toBe(0x04034b50)
    const content = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
    expect(crc32(bytes.subarray(content, content + size))).toBe(sum)
    found[text(entry + 46, named)] = text(content, size)
    entry += 46 + named
  }
  expect(entry).toBe(end)
  return found
}

test('numbers are numbers, texts are texts, and no text is a formula', () => {
  const hostile = ['=1+1', '+49', '-1', '@SUM(A1)', '\t=1', '<f>1</f>', '"&"', 'ế中', 'a\0b']
  const found = files(workbook([{ name: 'Report', rows: [['Sent', 12.5, 0, null], hostile] }]))
  const sheet = found['xl/worksheets/sheet1.xml'] ?? ''
  expect(sheet).toContain('<c><v>12.5</v></c><c><v>0</v></c><c/>')
  expect(sheet).not.toMatch(/<f[ >]/)
  for (const text of ['=1+1', '@SUM(A1)', '&lt;f&gt;1&lt;/f&gt;', '&quot;&amp;&quot;', 'ế中', 'ab']) {
    expect(sheet).toContain(`<c t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`)
  }
})

test('a workbook has its sheets by names that a spreadsheet takes', () => {
  const found = files(
    workbook([
      { name: 'Not sent: why?', rows: [] },
      { name: '', rows: [] },
    ]),
  )
  expect(found['xl/workbook.xml']).toContain('name="Not sent  why"')
  expect(found['xl/workbook.xml']).toContain('name="Sheet2"')
  expect(Object.keys(found)).toContain('xl/worksheets/sheet2.xml')
})
