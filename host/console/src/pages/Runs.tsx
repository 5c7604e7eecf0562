/** Who is on which way: runs by strategy, those under way or all. */
import { Checkbox, NativeSelect } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Route } from 'lucide-react'
import { api, take } from '../api/client'
import { Card } from '../pieces/Card'
import { Pages, usePages } from '../pieces/lists'
import { CustomerLink, StrategyName, useStrategies } from '../pieces/names'
import { Page } from '../pieces/Page'
import { RunPosition } from '../pieces/states'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Runs() {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const { strategy, active } = useSearch({ from: '/$shop/runs' })
  const navigate = useNavigate({ from: '/$shop/runs' })
  const strategies = useStrategies()
  const runs = usePages(['runs', strategy, active], after =>
    take(api.GET('/v1/runs', { params: { query: { after, limit: 50, strategy, active: active ?? false } } })),
  )
  const all = [{ value: '', label: say('runs.every') }]
  return (
    <Page title={say('nav.runs')} about={say('runs.about')}>
      <div className="row">
        <NativeSelect
          aria-label={say('runs.strategy')}
          value={strategy ?? ''}
          data={all.concat(strategies.data?.items.map(one => ({ value: one.id, label: one.name })) ?? [])}
          onChange={event => {
            const strategy = event.currentTarget.value || undefined
            navigate({ search: before => ({ ...before, strategy }) })
          }}
        />
        <Checkbox
          label={say('runs.active')}
          checked={active ?? false}
          onChange={event => {
            const active = event.currentTarget.checked || undefined
            navigate({ search: before => ({ ...before, active }) })
          }}
        />
      </div>
      <Card flush>
        <Pages
          of={runs}
          icon={Route}
          empty="runs.none"
          idOf={run => run.id}
          columns={[
            [
              'run.began',
              run => (
                <span className="nowrap">
                  <Link to="/$shop/runs/$run" params={{ shop: shop.id, run: run.id }}>
                    {moment(run.started_at, shop.time_zone)}
                  </Link>
                </span>
              ),
            ],
            ['run.strategy', run => <StrategyName id={run.strategy} />],
            ['run.customer', run => <CustomerLink id={run.customer} />],
            ['run.stands', run => <RunPosition position={run.position} />],
            [
              'run.next',
              run => (
                <span className="quiet nowrap">{run.due_at ? moment(run.due_at, shop.time_zone) : '–'}</span>
              ),
            ],
          ]}
        />
      </Card>
    </Page>
  )
}
