/** What became of messages: the funnel and the reasons of losses, as bars and as figures side by side. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ChartColumn, FileSpreadsheet } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Answer, Empty } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Days, OfStrategy, OfVersion } from '../pieces/filters'
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
  const search = useSearch({ from: '/$shop/reports' })
  const { strategy, version, from, until } = search
  const navigate = useNavigate({ from: '/$shop/reports' })
  const narrow = (to: typeof search) => navigate({ search: before => ({ ...before, ...to }), replace: true })
  const report = useQuery({
    queryKey: ['shop', shop.id, 'report', strategy, from, until],
    queryFn: () => {
      const query = { strategy, from, to: until, by: 'strategy,version' }
      return take(api.GET('/v1/reports/messages', { params: { query } }))
    },
  })
  return (
    <Page title={say('nav.reports')} about={say('reports.about', { zone: shop.time_zone })}>
      <search className="row">
        <OfStrategy value={strategy} choose={strategy => narrow({ strategy, version: undefined })} />
        {strategy && (
          <OfVersion strategy={strategy} value={version} choose={version => narrow({ version })} />
        )}
        <Days from={from ?? report.data?.from} until={until ?? report.data?.to} choose={narrow} />
      </search>
      <Answer of={report}>
        {({ total, lines }) => {
          const chosen = version ? lines.filter(line => line.version === version) : lines
          const [only] = chosen
          if (version && !only) return <Empty icon={ChartColumn}>{say('filter.none')}</Empty>
          return <Figures funnel={version && only ? only : total} lines={chosen} />
        }}
      </Answer>
    </Page>
  )
}

type Line = Schemas['ReportLineView']

function Figures({ funnel, lines }: { funnel: Funnel; lines: Line[] }) {
  const { say } = useSpeech()
  return (
    <>
      <Card title={say('reports.funnel')} side={<Download funnel={funnel} lines={lines} />}>
        <FunnelBars steps={stepsOf(funnel)} />
      </Card>
      <div className="grid">
        <Reasons title={say('reports.skips')} list="skip" counts={funnel.skips} />
        <Reasons title={say('reports.holds')} list="hold" counts={funnel.holds} />
        <Reasons title={say('reports.losses')} list="rejection" counts={funnel.losses} />
        {funnel.costs?.length ? <Costs costs={funnel.costs} /> : null}
      </div>
      {lines.length > 0 && <Versions lines={lines} />}
    </>
  )
}

/** What the table of versions says of each. */
const OF_VERSION = ['considered', 'targeted', 'accepted', 'delivered', 'read', 'clicked', 'failed'] as const

/** The tables of the page, in the words of the page. */
function Download({ funnel, lines }: { funnel: Funnel; lines: Line[] }) {
  const { say, word } = useSpeech()
  const strategies = useStrategies()
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
        stepsOf(funnel).map(step => [say(step.word), step.count, step.share]),
      ),
      ofReasons('reports.skips', 'skip', funnel.skips),
      ofReasons('reports.holds', 'hold', funnel.holds),
      ofReasons('reports.losses', 'rejection', funnel.losses),
      sheet(
        say('reports.costs'),
        [say('reports.currency'), say('reports.cost')],
        (funnel.costs ?? []).map(cost => [cost.currency, cost.micros / 1_000_000]),
      ),
      sheet(
        say('reports.versions'),
        [say('run.strategy'), say('reports.version'), ...OF_VERSION.map(figure => say(`figure.${figure}`))],
        lines.map(line => [
          strategies.data?.items.find(one => one.id === line.strategy)?.name ?? line.strategy,
          line.number,
          ...OF_VERSION.map(figure => line[figure]),
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

function Versions({ lines }: { lines: Line[] }) {
  const { say, number } = useSpeech()
  const cell = (key: string, label: string, count: number | null | undefined) => (
    <td key={key} className="number" data-label={label}>
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
              {OF_VERSION.map(figure => (
                <th key={figure} scope="col" className="number">
                  {say(`figure.${figure}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map(line => (
              <tr key={line.version}>
                <td data-label={say('run.strategy')}>
                  {line.strategy && <StrategyName id={line.strategy} />}
                </td>
                {cell('number', say('reports.version'), line.number)}
                {OF_VERSION.map(figure => cell(figure, say(`figure.${figure}`), line[figure]))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  )
}
