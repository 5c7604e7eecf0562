/** One strategy in the editor, as it is now or as it was in an earlier version. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Editor } from '../flow/Editor'
import { withoutKnown } from '../flow/file'
import { type Holdings, useShopHoldings } from '../flow/forms/shop'
import { Answer } from '../pieces/Answer'
import { queries } from '../session'
import { useVisit } from '../shell/shop'

export function StrategyEdit() {
  const { strategy: id } = useParams({ from: '/$shop/strategies/$strategy' })
  const { version } = useSearch({ from: '/$shop/strategies/$strategy' })
  const { shop } = useVisit()
  const holdings = useShopHoldings()
  const strategy = useQuery({
    queryKey: ['shop', shop.id, 'strategy', id],
    queryFn: () => take(api.GET('/v1/strategies/{strategy}', { params: { path: { strategy: id } } })),
    // What is being edited is not exchanged under somebody's hands.
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const earlier = useQuery({
    queryKey: ['shop', shop.id, 'versions', id],
    queryFn: () => take(api.GET('/v1/strategies/{strategy}/versions', { params: { path: { strategy: id } } })),
    enabled: version !== undefined,
  })
  const wanted = earlier.data?.items.find(one => one.number === version)?.definition
  return (
    <Answer of={holdings}>
      {held => (
        <Answer of={strategy}>
          {view =>
            version !== undefined && !wanted ? (
              <Answer of={earlier}>{() => null}</Answer>
            ) : (
              <Known key={`${view.id}/${version ?? ''}`} view={view} wanted={wanted} holdings={held} />
            )
          }
        </Answer>
      )}
    </Answer>
  )
}

function Known(props: {
  view: Schemas['StrategyView']
  wanted?: Schemas['Strategy']
  holdings: Holdings
}) {
  const { shop } = useVisit()
  const navigate = useNavigate()
  const { view, wanted } = props
  const [first] = useState(() => {
    const known = props.holdings.contents.map(content => content.name)
    return { ...withoutKnown(wanted ?? view.definition, known), name: view.name }
  })
  return (
    <Editor
      first={first}
      saved={view}
      begun={wanted !== undefined}
      holdings={props.holdings}
      onSaved={saved => {
        queries.setQueryData(['shop', shop.id, 'strategy', view.id], saved)
        if (wanted)
          navigate({
            to: '/$shop/strategies/$strategy',
            params: { shop: shop.id, strategy: view.id },
            search: {},
            replace: true,
          })
      }}
    />
  )
}
