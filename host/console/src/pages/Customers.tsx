/** Everybody whom the shop knows, newest first, or those whom somebody looks for. */
import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Search, Users } from 'lucide-react'
import { api, take } from '../api/client'
import { Card } from '../pieces/Card'
import { Pages, usePages } from '../pieces/lists'
import { useNameOf } from '../pieces/names'
import { Page } from '../pieces/Page'
import { ConsentState } from '../pieces/states'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Customers() {
  const { say, day } = useSpeech()
  const { shop } = useVisit()
  const { find } = useSearch({ from: '/$shop/customers' })
  const navigate = useNavigate({ from: '/$shop/customers' })
  const nameOf = useNameOf()
  const customers = usePages(['customers', find], after =>
    take(api.GET('/v1/customers', { params: { query: { after, limit: 50, find } } })),
  )
  const look = useDebouncedCallback((find: string) => {
    navigate({ search: { find: find.trim() || undefined }, replace: true })
  }, 250)
  return (
    <Page title={say('nav.customers')} about={say('customers.about')}>
      <search>
        <TextInput
          type="search"
          className="wide-search"
          aria-label={say('customers.find')}
          placeholder={say('customers.findBy')}
          leftSection={<Search size={16} aria-hidden />}
          defaultValue={find ?? ''}
          onChange={event => look(event.currentTarget.value)}
        />
      </search>
      <Card flush>
        <Pages
          of={customers}
          icon={Users}
          empty={find ? 'customers.notFound' : 'customers.none'}
          idOf={customer => customer.id}
          columns={[
            [
              'customer.name',
              customer => (
                <Link to="/$shop/customers/$customer" params={{ shop: shop.id, customer: customer.id }}>
                  <bdi>{nameOf(customer)}</bdi>
                </Link>
              ),
            ],
            ['customer.email', customer => <bdi>{customer.email ?? '–'}</bdi>],
            ['customer.phone', customer => <bdi>{customer.phone ?? '–'}</bdi>],
            ['customer.consent', customer => <ConsentState consent={customer.consent} />],
            [
              'customer.since',
              customer => (
                <span className="quiet nowrap">
                  {customer.registered_at ? day(customer.registered_at, shop.time_zone) : '–'}
                </span>
              ),
            ],
          ]}
        />
      </Card>
    </Page>
  )
}
