/** Who is signed in. */
import { QueryClient, queryOptions } from '@tanstack/react-query'
import { api, Refusal, type Schemas, speakAs, take } from './api/client'

export type Session = Schemas['SessionView']
export type Person = NonNullable<Session['person']>
export type ShopOfPerson = Person['shops'][number]
export type Role = Schemas['Role']

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the service refused it would refuse again.
      retry: (failures, error) => !(error instanceof Refusal) && failures < 2,
      refetchOnWindowFocus: true,
    },
  },
})

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async () => remember(await take(api.GET('/v1/session'))),
  staleTime: 60_000,
})

function remember(session: Session): Session {
  speakAs(session.person?.csrf ?? '')
  return session
}

function begin(session: Session): Session {
  queries.clear()
  queries.setQueryData(sessionQuery.queryKey, remember(session))
  return session
}

/** Who is signed in; in the demo that is everybody. */
export async function openSession(): Promise<Session> {
  const session = await queries.ensureQueryData(sessionQuery)
  if (session.person || session.mode !== 'demo') return session
  return begin(await take(api.POST('/v1/demo/session')))
}

export async function signIn(name: string, password: string) {
  return begin(await take(api.POST('/v1/session', { body: { name, password } })))
}

export async function redeem(link: string, name: string, password: string) {
  return begin(await take(api.POST('/v1/links/redeem', { body: { link, name, password } })))
}

export async function signOut() {
  await take(api.DELETE('/v1/session'))
  queries.clear()
}

/** What somebody may do in a shop; the service decides, this only hides what it would refuse. */
export function may(shop: ShopOfPerson, what: 'edit' | 'integrate' | 'own'): boolean {
  if (shop.role === 'owner') return true
  return (what === 'edit' && shop.role === 'editor') || (what === 'integrate' && shop.role === 'integrator')
}
