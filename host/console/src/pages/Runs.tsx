/** Who is on which way: runs by strategy, those under way or all. */
import { Checkbox } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Route } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Card } from '../pieces/Card'
import { beginning, end } from '../pieces/days'
import { Days, OfStep, OfStrategy, OfVersion, OneOf } from '../pieces/filters'
import { Listening } from '../pieces/Listening'
import { Pages, usePages } from '../pieces/lists'
import { CustomerLink, StrategyName } from '../pieces/names'
import { Page } from '../pieces/Page'
import { RunPosition } from '../pieces/states'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Runs() {
  const { say, word, list, moment } = useSpeech()
  const { shop } = useVisit()
  const search = useSearch({ from: '/$shop/runs' })
  const { strategy, active, version, step, over, from, until } = search
  const navigate = useNavigate({ from: '/$shop/runs' })
  const narrow = (to: typeof search) => navigate({ search: before => ({ ...before, ...to }), replace: true })
  const days = { from: beginning(from, shop.time_zone), until: end(until, shop.time_zone) }
  const runs = usePages(['runs', strategy, active, version, step, over, from, until], after =>
    take(
      api.GET('/v1/runs', {
        params: {
          query: { after, limit: 50, strategy, active: active ?? false, version, step, end: over, ...days },
        },
      }),
    ),
  )
  return (
    <Page title={say('nav.runs')} about={say('runs.about')} actions={<Listening list="runs" />}>
      <search className="row">
        <OfStrategy
          value={strategy}
          choose={strategy => narrow({ strategy, step: undefined, version: undefined })}
        />
        {strategy && (
          <OfVersion strategy={strategy} value={version} choose={version => narrow({ version })} />
        )}
        {strategy && <OfStep strategy={strategy} value={step} choose={step => narrow({ step })} />}
        {!active && (
          <OneOf
            label="filter.end"
            any="filter.everyEnd"
            value={over}
            options={list('end').map(value => ({ value, label: word('end', value) }))}
            choose={over => narrow({ over: over as Schemas['EndReason'] | undefined })}
          />
        )}
        <Days from={from} until={until} choose={narrow} />
        <Checkbox
          label={say('runs.active')}
          checked={active ?? false}
          onChange={event => narrow({ active: event.currentTarget.checked || undefined, over: undefined })}
        />
      </search>
      <Card flush>
        <Pages
          of={runs}
          icon={Route}
          empty={Object.values(search).some(Boolean) ? 'filter.none' : 'runs.none'}
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
