/** The one way to the service: typed by the committed OpenAPI document, about one shop, and never from elsewhere. */
import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** One thing that is wrong, and where. */
type Fault = Schemas['FieldError']

/** How a fault is said in the reader's language. */
let inWords = (fault: Fault): string => fault.message

export function speakIn(words: typeof inWords) {
  inWords = words
}

/** Why the service said no. */
export class Refusal extends Error {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly errors: Fault[]
  readonly requestId: string

  constructor(problem: Partial<Schemas['Problem']>, status: number) {
    super(problem.detail ?? problem.title ?? String(status))
    this.code = problem.code ?? 'internal'
    this.status = status
    this.detail = problem.detail ?? ''
    this.errors = problem.errors ?? []
    this.requestId = problem.request_id ?? ''
  }

  /** What is wrong with a field. */
  of(field: string): string | undefined {
    const fault = this.errors.find(error => error.field === field)
    return fault && inWords(fault)
  }
}

/** What goes along with every request. */
const about = { shop: '', csrf: '' }

export function speakAbout(shop: string) {
  about.shop = shop
}

export function speakAs(csrf: string) {
  about.csrf = csrf
}

/** What a request carries that does not go through the client. */
export const headersOf = (): Record<string, string> => (about.shop ? { 'cartwright-shop': about.shop } : {})

export const api = createClient<paths>({ baseUrl: '/' })

api.use({
  onRequest({ request }) {
    if (about.shop && !request.headers.has('cartwright-shop'))
      request.headers.set('cartwright-shop', about.shop)
    if (request.method !== 'GET') request.headers.set('cartwright-csrf', about.csrf)
    return request
  },
})

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** What was asked for; a refusal is thrown. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked
  if (!response.ok) throw new Refusal((error ?? {}) as Partial<Schemas['Problem']>, response.status)
  return data as T
}
