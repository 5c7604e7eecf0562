/** What a version did in service: its failures, its log, where a shadow decided otherwise, what it used. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CircleCheck, ScrollText } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { More, Pages, usePages } from '../pieces/lists'
import { Facts } from '../pieces/Trace'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import type { Version } from './plugin'

/** A decision as it is shown; the document's pairs of variables are no part of that. */
type Decision = Pick<Schemas['DecisionRecord'], 'version' | 'facts'> & { answer: Decided }
type Decided =
  | { decided: { branch: Reply<'branch'> } | { content: Reply<'content'> } }
  | { failed: Schemas['PluginFailure'] }
type Reply<What extends string> = Record<What, string> & { reason?: string | null }
type Digest = { digest: string }

const ofVersion = (digest: string, after?: string) => ({
  params: { path: { digest }, query: { after, limit: 50 } },
})

export function Logs({ digest }: Digest) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const lines = usePages(['plugins', digest, 'logs'], after =>
    take(api.GET('/v1/plugins/{digest}/logs', ofVersion(digest, after))),
  )
  return (
    <Pages
      of={lines}
      icon={ScrollText}
      empty="plugins.noLogs"
      idOf={line => line.id}
      columns={[
        ['plugins.when', line => <span className="nowrap">{moment(line.at, shop.time_zone)}</span>],
        [
          'plugins.line',
          line => (
            <span className="code" dir="auto">
              {line.line}
            </span>
          ),
        ],
        ['run.title', line => (line.run ? <RunLink id={line.run}>{say('plugins.itsRun')}</RunLink> : '–')],
      ]}
    />
  )
}

function RunLink({ id, children }: { id: string; children: string }) {
  const { shop } = useVisit()
  return (
    <Link to="/$shop/runs/$run" params={{ shop: shop.id, run: id }}>
      {children}
    </Link>
  )
}

export function Traps({ digest }: Digest) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const traps = usePages(['plugins', digest, 'traps'], after =>
    take(api.GET('/v1/plugins/{digest}/traps', ofVersion(digest, after))),
  )
  const items = traps.data?.pages.flatMap(page => page.items) ?? []
  if (traps.error) return <Trouble error={traps.error} />
  if (traps.data && items.length === 0) return <Empty icon={CircleCheck}>{say('plugins.noTraps')}</Empty>
  return (
    <>
      <ul className="plain records">
        {items.map(trap => (
          <li key={trap.id} className="stack tight">
            <div className="row small quiet">
              <time>{moment(trap.at, shop.time_zone)}</time>
              <span className="code">{trap.decision.step}</span>
              <RunLink id={trap.decision.run}>{say('plugins.itsRun')}</RunLink>
            </div>
            <div>
              <strong>{word('pluginProblem', trap.failure.problem)}</strong>{' '}
              <span lang="en" dir="auto">
                {trap.failure.message}
              </span>
            </div>
            <Facts facts={trap.decision.facts} />
            {!!trap.failure.backtrace?.length && (
              <details>
                <summary>{say('plugins.backtrace')}</summary>
                <pre className="raw code small" dir="ltr">
                  {trap.failure.backtrace.join('\n')}
                </pre>
              </details>
            )}
          </li>
        ))}
      </ul>
      <More of={traps} />
    </>
  )
}

export function Differences({ digest }: Digest) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const found = usePages(['plugins', digest, 'differences'], after =>
    take(api.GET('/v1/plugins/{digest}/differences', ofVersion(digest, after))),
  )
  const items = found.data?.pages.flatMap(page => page.items) ?? []
  if (found.error) return <Trouble error={found.error} />
  if (found.data && items.length === 0)
    return <Empty icon={CircleCheck}>{say('plugins.noDifferences')}</Empty>
  return (
    <>
      <ul className="plain records">
        {items.map(one => (
          <li key={one.id} className="stack tight">
            <div className="row small quiet">
              <time>{moment(one.at, shop.time_zone)}</time>
              <RunLink id={one.active.run}>{say('plugins.itsRun')}</RunLink>
            </div>
            <div className="versus">
              <Decision title={say('plugins.wasDone')} decision={one.active} />
              <Decision title={say('plugins.wouldBeDone')} decision={one.shadow} />
            </div>
          </li>
        ))}
      </ul>
      <More of={found} />
    </>
  )
}

/** One decision: what came out, why, and on which facts. */
function Decision({ title, decision }: { title: string; decision: Decision }) {
  const { word } = useSpeech()
  const { answer } = decision
  const failed = 'failed' in answer ? answer.failed : undefined
  const decided = 'decided' in answer ? answer.decided : undefined
  const branch = decided && 'branch' in decided ? decided.branch : undefined
  const content = decided && 'content' in decided ? decided.content : undefined
  const reason = branch?.reason ?? content?.reason
  return (
    <div className="stack tight">
      <div className="quiet small">
        {title} · <span className="code">{decision.version}</span>
      </div>
      <strong>
        <bdi>{branch?.branch ?? content?.content ?? (failed && word('pluginProblem', failed.problem))}</bdi>
      </strong>
      {reason && (
        <div>
          <bdi>“{reason}”</bdi>
        </div>
      )}
      <Facts facts={decision.facts} />
    </div>
  )
}

/** Figures of the last days, with what failed. */
export function Figures({ version }: { version: Version }) {
  const { say, word, number } = useSpeech()
  const { shop } = useVisit()
  const { digest } = version
  const figures = useQuery({
    queryKey: ['shop', shop.id, 'plugins', digest, 'figures'],
    queryFn: () =>
      take(api.GET('/v1/plugins/{digest}/figures', { params: { path: { digest }, query: { days: 7 } } })),
  })
  const millis = (micros: number) => say('plugins.millis', { n: Math.round(micros / 100) / 10 })
  return (
    <Answer of={figures}>
      {({ total, days }) => (
        <div className="stack">
          <dl className="facts-row">
            <Figure term={say('plugins.subjects')}>{number(total.subjects)}</Figure>
            <Figure term={say('plugins.calls')}>{number(total.calls)}</Figure>
            <Figure term={say('plugins.half')}>{millis(total.p50_micros)}</Figure>
            <Figure term={say('plugins.most')}>{millis(total.p99_micros)}</Figure>
            <Figure term={say('plugins.memory')}>
              {say('plugins.mebibytes', { n: Math.round(total.memory_bytes / 104_857.6) / 10 })}
            </Figure>
          </dl>
          {Object.entries(total.failures).map(([problem, times]) => (
            <p key={problem}>
              {word('pluginProblem', problem.replaceAll(' ', '_'))}: <strong>{number(times)}</strong>
            </p>
          ))}
          <Days days={Object.entries(days).map(([day, one]) => [day, one.subjects])} />
        </div>
      )}
    </Answer>
  )
}

function Figure({ term, children }: { term: string; children: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd className="tabular">{children}</dd>
    </div>
  )
}

/** The bars stand in the table: whoever does not see them reads the same figures. */
function Days({ days }: { days: [string, number][] }) {
  const { say, number, day } = useSpeech()
  const most = Math.max(1, ...days.map(([, count]) => count))
  if (days.length === 0) return <p className="quiet">{say('plugins.noFigures')}</p>
  return (
    <table className="bars">
      <thead className="unseen">
        <tr>
          <th scope="col">{say('plugins.day')}</th>
          <th scope="col">{say('plugins.share')}</th>
          <th scope="col">{say('plugins.subjects')}</th>
        </tr>
      </thead>
      <tbody>
        {days.map(([date, count]) => (
          <tr key={date}>
            <th scope="row">{day(date, 'UTC')}</th>
            <td className="bar">
              <div style={{ width: `${(count / most) * 100}%` }} />
            </td>
            <td className="number">{number(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What it used of what it was granted. */
export function Uses({ digest }: Digest) {
  const { say, word, number, day } = useSpeech()
  const { shop } = useVisit()
  const uses = useQuery({
    queryKey: ['shop', shop.id, 'plugins', digest, 'uses'],
    queryFn: () => take(api.GET('/v1/plugins/{digest}/uses', { params: { path: { digest } } })),
  })
  return (
    <Answer of={uses}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty icon={CircleCheck}>{say('plugins.noUses')}</Empty>
        ) : (
          <section className="scroll" tabIndex={0} aria-label={say('plugins.uses')}>
            <table className="list">
              <thead>
                <tr>
                  <th scope="col">{say('plugins.day')}</th>
                  <th scope="col">{say('plugins.used')}</th>
                  <th scope="col">{say('plugins.times')}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(use => (
                  <tr key={use.day + use.kind + use.name}>
                    <td data-label={say('plugins.day')}>{day(use.day, 'UTC')}</td>
                    <td data-label={say('plugins.used')}>
                      <span>
                        {word('use', use.kind)} <span className="code">{use.name}</span>
                      </span>
                    </td>
                    <td data-label={say('plugins.times')} className="tabular">
                      {number(use.times)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )
      }
    </Answer>
  )
}
