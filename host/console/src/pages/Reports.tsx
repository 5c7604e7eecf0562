/** What became of messages: the funnel and the reasons of losses, as bars and as figures side by side. */
import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { FileSpreadsheet } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Answer } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { StrategyName, useStrategies } from '../pieces/names'
import { Page } from '../pieces/Page'
import { type Cell, download } from '../pieces/workbook'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'

type Funnel = Schemas['Funnel']
type Step = { word: Key; count: number | null | undefined; share?: number | null }

function stepsOf(total: Funnel): Step[] {
  return [
    { word: 'figure.considered', count: total.considered },
    { word: 'figure.targeted', count: total.targeted, share: total.targeted_share },
    { word: 'figure.accepted', count: total.accepted, share: total.accepted_share },
    { word: 'figure.delivered', count: total.delivered, share: total.delivered_share },
    { word: 'figure.read', count: total.read, share: total.read_share },
    { word: 'figure.clicked', count: total.clicked, share: total.click_through },
  ]
}

export function Reports() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { strategy } = useSearch({ from: '/$shop/reports' })
  const navigate = useNavigate({ from: '/$shop/reports' })
  const strategies = useStrategies()
  const report = useQuery({
    queryKey: ['shop', shop.id, 'report', strategy ?? ''],
    queryFn: () =>
      take(api.GET('/v1/reports/messages', { params: { query: { strategy, by: 'strategy,version' } } })),
  })
  const all = [{ value: '', label: say('runs.every') }]
  return (
    <Page title={say('nav.reports')} about={say('reports.about', { zone: shop.time_zone })}>
      <div className="row">
        <NativeSelect
          aria-label={say('runs.strategy')}
          value={strategy ?? ''}
          data={all.concat(strategies.data?.items.map(one => ({ value: one.id, label: one.name })) ?? [])}
          onChange={event => {
            const strategy = event.currentTarget.value || undefined
            navigate({ search: { strategy } })
          }}
        />
      </div>
      <Answer of={report}>
        {({ total, lines }) => (
          <>
            <Card title={say('reports.funnel')} side={<Download report={{ total, lines }} />}>
              <FunnelBars steps={stepsOf(total)} />
            </Card>
            <div className="grid">
              <Reasons title={say('reports.skips')} list="skip" counts={total.skips} />
              <Reasons title={say('reports.holds')} list="hold" counts={total.holds} />
              <Reasons title={say('reports.losses')} list="rejection" counts={total.losses} />
              {total.costs?.length ? <Costs costs={total.costs} /> : null}
            </div>
            {lines.length > 0 && <Versions lines={lines} />}
          </>
        )}
      </Answer>
    </Page>
  )
}

/** The tables of the page, in the words of the page. */
function Download({ report }: { report: Pick<Schemas['MessageReport'], 'total' | 'lines'> }) {
  const { say, word } = useSpeech()
  const strategies = useStrategies()
  const { total, lines } = report
  const reasons = (list: string, counts: Schemas['ReasonCount'][] = []): Cell[][] =>
    counts.map(one => [word(list, one.reason), one.messages, one.share])
  const sheet = (name: string, head: string[], rows: Cell[][]) => ({ name, rows: [head, ...rows] })
  const ofReasons = (key: Key, list: string, counts?: Schemas['ReasonCount'][]) =>
    sheet(
      say(key),
      [say('filter.reason'), say('reports.messages'), say('reports.ofAll')],
      reasons(list, counts),
    )
  const save = () =>
    download(say('nav.reports'), [
      sheet(
        say('reports.funnel'),
        [say('reports.step'), say('reports.messages'), say('reports.ofBefore')],
        stepsOf(total).map(step => [say(step.word), step.count, step.share]),
      ),
      ofReasons('reports.skips', 'skip', total.skips),
      ofReasons('reports.holds', 'hold', total.holds),
      ofReasons('reports.losses', 'rejection', total.losses),
      sheet(
        say('reports.costs'),
        [say('reports.currency'), say('reports.cost')],
        (total.costs ?? []).map(cost => [cost.currency, cost.micros / 1_000_000]),
      ),
      sheet(
        say('reports.versions'),
        [
          say('run.strategy'),
          say('reports.version'),
          say('figure.considered'),
          say('figure.accepted'),
          say('figure.delivered'),
          say('figure.failed'),
        ],
        lines.map(line => [
          strategies.data?.items.find(one => one.id === line.strategy)?.name ?? line.strategy,
          line.number,
          line.considered,
          line.accepted,
          line.delivered,
          line.failed,
        ]),
      ),
    ])
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<FileSpreadsheet size={15} aria-hidden />}
      onClick={save}
    >
      {say('reports.download')}
    </Button>
  )
}

type Bar = { key: string; label: string; count?: number | null; share?: number | null }

/** The bars stand in the table: whoever does not see them reads the same figures. */
function Bars(props: { what: string; shareOf: string; wraps?: boolean; bars: Bar[] }) {
  const { say, number, share } = useSpeech()
  const most = Math.max(1, ...props.bars.map(bar => bar.count ?? 0))
  return (
    <table className={props.wraps ? 'bars wraps' : 'bars'}>
      <thead className="unseen">
        <tr>
          <th scope="col">{props.what}</th>
          <th scope="col" colSpan={2}>
            {say('reports.messages')}
          </th>
          <th scope="col">{props.shareOf}</th>
        </tr>
      </thead>
      <tbody>
        {props.bars.map(bar => (
          <tr key={bar.key}>
            <th scope="row">{bar.label}</th>
            <td className="bar">
              {bar.count ? <div style={{ inlineSize: `${(bar.count / most) * 100}%` }} /> : null}
            </td>
            <td className="number">{bar.count == null ? '–' : number(bar.count)}</td>
            <td className="number quiet">{bar.share == null ? '–' : share(bar.share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function FunnelBars({ steps }: { steps: Step[] }) {
  const { say } = useSpeech()
  const bars = steps.map(step => ({ key: step.word, label: say(step.word), count: step.count, share: step.share }))
  return <Bars what={say('reports.step')} shareOf={say('reports.ofBefore')} bars={bars} />
}

/** Shares are of all losses, or of all skips (S31). */
function Reasons(props: { title: string; list: string; counts?: Schemas['ReasonCount'][] }) {
  const { say, word } = useSpeech()
  const bars = (props.counts ?? []).map(one => ({
    key: one.reason,
    label: word(props.list, one.reason),
    count: one.messages,
    share: one.share,
  }))
  return (
    <Card title={props.title}>
      {bars.length === 0 ? (
        <p className="quiet">{say('reports.none')}</p>
      ) : (
        <Bars what={props.title} shareOf={say('reports.share')} wraps bars={bars} />
      )}
    </Card>
  )
}

/** A sum for each currency; currencies are never added up. */
function Costs({ costs }: { costs: Schemas['Price'][] }) {
  const { say, price } = useSpeech()
  return (
    <Card title={say('reports.costs')}>
      <ul className="plain lines">
        {costs.map(cost => (
          <li key={cost.currency}>
            <span className="grow">{cost.currency}</span>
            <span className="tabular">{price(cost)}</span>
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Versions({ lines }: { lines: Schemas['ReportLineView'][] }) {
  const { say, number } = useSpeech()
  const cell = (label: string, count: number | null | undefined) => (
    <td className="number" data-label={label}>
      {count == null ? '–' : number(count)}
    </td>
  )
  return (
    <Card title={say('reports.versions')} flush>
      {/* what scrolls sideways can be reached by keyboard */}
      <section className="scroll" tabIndex={0} aria-label={say('reports.versions')}>
        <table className="list">
          <thead>
            <tr>
              <th scope="col">{say('run.strategy')}</th>
              <th scope="col" className="number">
                {say('reports.version')}
              </th>
              <th scope="col" className="number">
                {say('figure.considered')}
              </th>
              <th scope="col" className="number">
                {say('figure.accepted')}
              </th>
              <th scope="col" className="number">
                {say('figure.delivered')}
              </th>
              <th scope="col" className="number">
                {say('figure.failed')}
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map(line => (
              <tr key={line.version}>
                <td data-label={say('run.strategy')}>
                  {line.strategy && <StrategyName id={line.strategy} />}
                </td>
                {cell(say('reports.version'), line.number)}
                {cell(say('figure.considered'), line.considered)}
                {cell(say('figure.accepted'), line.accepted)}
                {cell(say('figure.delivered'), line.delivered)}
                {cell(say('figure.failed'), line.failed)}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  )
}
