/** How much script a browser has to fetch: before the first page, and for each page more. Reads `dist`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const SHELL = 130 * 1024
const ROUTE = 122 * 1024
const DIST = join(import.meta.dirname, '../dist')

type Chunk = { file: string; imports?: string[]; isDynamicEntry?: boolean }
const chunks: Record<string, Chunk> = JSON.parse(readFileSync(join(DIST, '.vite/manifest.json'), 'utf8'))

/** A chunk with everything that it fetches along. */
function whole(name: string, seen = new Set<string>()): Set<string> {
  if (!seen.has(name)) {
    seen.add(name)
    for (const other of chunks[name]?.imports ?? []) whole(other, seen)
  }
  return seen
}

function size(names: Iterable<string>): number {
  const files = [...names].map(name => chunks[name]?.file ?? '')
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0)
}

const shell = whole('index.html')

test('the shell is small', () => {
  expect(size(shell)).toBeLessThanOrEqual(SHELL)
})

/** What a page mounts as soon as it stands there, in chunks of their own. */
const AT_ONCE: Record<string, string[]> = {
  'src/pages/StrategyEdit.tsx': ['src/flow/Chosen.tsx'],
  'src/pages/StrategyNew.tsx': ['src/pages/StrategyEdit.tsx', 'src/flow/Chosen.tsx'],
}

const routes = Object.keys(chunks).filter(name => chunks[name]?.isDynamicEntry)

test.each(routes)('%s is small', route => {
  const frame = whole('src/shell/Frame.tsx')
  const all = [route, ...(AT_ONCE[route] ?? [])].reduce((seen, name) => whole(name, seen), new Set<string>())
  const more = [...all].filter(name => !shell.has(name) && (route.includes('Frame') || !frame.has(name)))
  expect(size(more)).toBeLessThanOrEqual(ROUTE)
})

test('the page loads nothing from elsewhere and holds no script of its own', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8')
  for (const [, address] of page.matchAll(/(?:src|href)="([^"]+)"/g)) expect(address).toMatch(/^\/console\//)
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/)
})
