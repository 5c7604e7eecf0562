/** One customer out of a million: those who came last, or whoever is looked for. */
import { NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '../api/client'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { useCustomer, useNameOf } from './names'

const MOST = 20

export function CustomerChoice(props: {
  label: string
  /** How the one is called who stands there while nobody is chosen. */
  nobody: string
  value: string
  choose: (customer: string) => void
}) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { label, nobody, value, choose } = props
  const nameOf = useNameOf()
  const [typed, type] = useState('')
  const [wanted] = useDebouncedValue(typed.trim(), 250)
  const found = useQuery({
    queryKey: ['shop', shop.id, 'customers', 'choice', wanted],
    queryFn: () => {
      const query = { limit: MOST, ...(wanted ? { find: wanted } : {}) }
      return take(api.GET('/v1/customers', { params: { query } }))
    },
    placeholderData: keepPreviousData,
  })
  const items = found.data?.items ?? []
  const isListed = !value || items.some(one => one.id === value)
  const chosen = useCustomer(isListed ? '' : value)
  return (
    <div className="stack tight">
      <NativeSelect
        label={label}
        value={value}
        data={[
          { value: '', label: nobody },
          ...(isListed ? [] : [{ value, label: chosen.data ? nameOf(chosen.data) : '…' }]),
          ...items.map(one => ({ value: one.id, label: nameOf(one) })),
        ]}
        onChange={event => choose(event.currentTarget.value)}
      />
      <TextInput
        type="search"
        size="xs"
        aria-label={say('customers.findBy')}
        placeholder={say('customers.findBy')}
        value={typed}
        onChange={event => type(event.currentTarget.value)}
      />
    </div>
  )
}
