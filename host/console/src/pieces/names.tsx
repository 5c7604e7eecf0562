/** How things of the shop are called, and where they lead. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, type Schemas, take } from '../api/client'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Customer = Schemas['Customer']

/** A person by name, by address, or else by what is known of them at all. */
export function useNameOf() {
  const { say } = useSpeech()
  return (customer: Customer): string => {
    const names = [customer.first_name, customer.last_name].filter(Boolean).join(' ')
    return names || customer.email || customer.phone || say('customer.unknown')
  }
}

export function useCustomer(id: string) {
  const { shop } = useVisit()
  return useQuery({
    queryKey: ['shop', shop.id, 'customer', id],
    queryFn: () => take(api.GET('/v1/customers/{customer}', { params: { path: { customer: id } } })),
    enabled: id !== '',
  })
}

export function CustomerLink({ id }: { id: string }) {
  const { shop } = useVisit()
  const nameOf = useNameOf()
  const customer = useCustomer(id)
  return (
    <Link to="/$shop/customers/$customer" params={{ shop: shop.id, customer: id }}>
      <bdi>{customer.data ? nameOf(customer.data) : '…'}</bdi>
    </Link>
  )
}

/** The shop's strategies by id. */
export function useStrategies() {
  const { shop } = useVisit()
  return useQuery({
    queryKey: ['shop', shop.id, 'strategies', 'all'],
    queryFn: () => take(api.GET('/v1/strategies', { params: { query: { limit: 200 } } })),
    staleTime: 30_000,
  })
}

/** One that was deleted is still called as its last version says. */
export function StrategyName({ id }: { id: string }) {
  const { shop } = useVisit()
  const strategies = useStrategies()
  const known = strategies.data?.items.find(one => one.id === id)?.name
  const versions = useQuery({
    queryKey: ['shop', shop.id, 'strategy', id, 'versions'],
    queryFn: () =>
      take(api.GET('/v1/strategies/{strategy}/versions', { params: { path: { strategy: id } } })),
    enabled: strategies.data !== undefined && known === undefined,
    staleTime: Infinity,
  })
  return <bdi>{known ?? versions.data?.items[0]?.definition.name ?? '…'}</bdi>
}
