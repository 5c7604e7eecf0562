/** One run: where it stands, and why it went that way, fact by fact. */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, take } from '../api/client'
import { Answer } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { CustomerLink, StrategyName } from '../pieces/names'
import { Page } from '../pieces/Page'
import { RunPosition } from '../pieces/states'
import { Trace, useTrace } from '../pieces/Trace'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Run() {
  const { run: id } = useParams({ from: '/$shop/runs/$run' })
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const run = useQuery({
    queryKey: ['shop', shop.id, 'run', id],
    queryFn: () => take(api.GET('/v1/runs/{run}', { params: { path: { run: id } } })),
    refetchInterval: 5_000,
  })
  const trace = useTrace(id)
  return (
    <Page title={say('run.title')}>
      <Answer of={run}>
        {known => (
          <Card>
            <dl className="terms narrow">
              <div>
                <dt>{say('run.strategy')}</dt>
                <dd>
                  <StrategyName id={known.strategy} />
                </dd>
              </div>
              <div>
                <dt>{say('run.customer')}</dt>
                <dd>
                  <CustomerLink id={known.customer} />
                </dd>
              </div>
              <div>
                <dt>{say('run.stands')}</dt>
                <dd>
                  <RunPosition position={known.position} />
                </dd>
              </div>
              {known.due_at && (
                <div>
                  <dt>{say('run.next')}</dt>
                  <dd>{moment(known.due_at, shop.time_zone)}</dd>
                </div>
              )}
            </dl>
          </Card>
        )}
      </Answer>
      <Card title={say('run.trace')}>
        <Answer of={trace}>{({ items }) => <Trace lines={items.map(entry => ({ entry }))} />}</Answer>
      </Card>
    </Page>
  )
}
