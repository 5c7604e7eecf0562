/** The client is made from the committed OpenAPI document, and from no other. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import openapi, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

test('the types of the client are those of the committed document; else `npm run api`', async () => {
  const folder = join(import.meta.dirname, '..')
  const document = JSON.parse(readFileSync(join(folder, '../docs/openapi.json'), 'utf8'))
  const made = astToString(await openapi(document))
  const committed = readFileSync(join(folder, 'src/api/schema.d.ts'), 'utf8')
  expect(committed.endsWith(made)).toBe(true)
})
