/** Why a run went the way it went: every decision in a sentence, with the facts that it was made on. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { api, type Schemas, take } from '../api/client'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { StrategyName } from './names'
import { useShown } from './Told'

/** What a run can say about itself, oldest first. */
export const traceOf = (run: string) => take(api.GET('/v1/runs/{run}/trace', { params: { path: { run } } }))

export function useTrace(run: string) {
  const { shop } = useVisit()
  return useQuery({
    queryKey: ['shop', shop.id, 'trace', run],
    queryFn: () => traceOf(run),
    refetchInterval: 5_000,
  })
}

type Entry = Awaited<ReturnType<typeof traceOf>>['items'][number]
/** What a step changed; the document knows only one of the shapes at a time. */
type Change = { change: string; set?: object; add?: string[]; remove?: string[] }

/** A line of a trace as a sentence. */
export function useSentence() {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const at = (instant: string | number) => moment(instant, shop.time_zone)
  const names = (list: string[] | undefined) => (list?.length ? list.join(', ') : '–')
  return (entry: Entry): string => {
    switch (entry.what) {
      case 'entered':
        return say('trace.entered', { event: entry.event, until: at(entry.due_at) })
      case 'restarted':
        return say('trace.restarted', { until: at(entry.due_at) })
      case 'settled':
        return say('trace.settled')
      case 'joined':
        return say('trace.joined', { by: entry.by })
      case 'phone_moved':
        return say('trace.phoneMoved')
      case 'phone_claimed':
        return say('trace.phoneClaimed')
      case 'branched':
        return say('trace.branched', {
          branch: entry.branch,
          by: entry.by === 'rule' ? say('trace.rule') : entry.by,
        })
      case 'plugin_failed':
        return say('trace.pluginFailed', { by: entry.by, problem: entry.problem, next: entry.then })
      case 'selected':
        return say('trace.selected', { by: entry.by, content: entry.content })
      case 'waiting':
        return say('trace.waiting', { until: at(entry.until) })
      case 'message_queued':
        return say('trace.queued', { channel: entry.channel, content: entry.content })
      case 'skipped':
        return say('trace.skipped', { reason: word('skip', entry.reason) })
      case 'held_out':
        return say('trace.heldOut')
      case 'exit_taken':
        return say('trace.exit', { order: entry.order, next: entry.then })
      case 'changed':
        return ofChange(entry as unknown as Change)
      case 'transferred':
        return say('trace.transferred', { strategy: entry.strategy })
      case 'moved':
        return say('trace.moved', { from: entry.from, to: entry.to })
      case 'ended':
        return say('trace.ended', { reason: word('end', entry.reason) })
      case 'message':
        return ofMessage(entry)
    }
  }

  function ofChange({ change, set, add, remove }: Change): string {
    if (change === 'attributes') return say('trace.attributes', { names: names(Object.keys(set ?? {})) })
    return say(change === 'tags' ? 'trace.tags' : 'trace.lists', { add: names(add), remove: names(remove) })
  }

  function ofMessage(entry: Extract<Entry, { what: 'message' }>): string {
    switch (entry.state) {
      case 'handed_over':
        return say('trace.handedOver', { attempt: entry.attempt })
      case 'accepted':
        return say('trace.accepted')
      case 'rejected':
        return say('trace.rejected', { reason: word('rejection', entry.class), words: entry.details.text })
      case 'again':
        return say('trace.again', { until: at(entry.at), words: entry.details.text })
      case 'held':
        return say('trace.held', { reason: word('hold', entry.reason) })
      case 'waits_for_window':
        return say('trace.window', { until: at(entry.until) })
      case 'waits_for_sender':
        return say('trace.sender', { until: at(entry.until) })
      case 'waits_for_cap':
        return say('trace.cap', { until: at(entry.until) })
      case 'waits_for_others':
        return say('trace.others', { until: at(entry.until) })
      case 'orders_read':
        return say('trace.ordersRead')
      case 'uncertain':
        return say('trace.uncertain', { words: entry.details.text })
      case 'skipped':
        return say('trace.notSent', { reason: word('skip', entry.reason) })
      case 'answer_not_kept':
        return say('trace.answerNotKept', { why: entry.why })
      case 'receipt':
        return say('trace.receipt', { kind: word('receipt', entry.kind) })
    }
  }
}

function tone(entry: Entry): string {
  if (entry.what === 'skipped' || entry.what === 'plugin_failed' || entry.what === 'held_out') return 'warn'
  if (entry.what === 'ended' || entry.what === 'exit_taken') return 'end'
  if (entry.what === 'message') {
    if (entry.state === 'accepted' || entry.state === 'receipt') return 'good'
    if (entry.state === 'rejected' || entry.state === 'uncertain') return 'bad'
    if (entry.state === 'skipped' || entry.state === 'held' || entry.state === 'answer_not_kept')
      return 'warn'
  }
  return 'plain'
}

/** A line, with the strategy of its run where lines of several stand together; or something else that happened. */
export type Line = { entry: Entry; strategy?: string } | { remark: Remark; strategy?: string }
export type Remark = { at: string | number; words: string; tone: 'plain' | 'good' | 'bad' | 'warn' }

export const instantOf = (line: Line) => Date.parse(String('remark' in line ? line.remark.at : line.entry.at))

/** Messages that are made up lead nowhere, and one on its own page not there. */
export function Trace({ lines, madeUp, here }: { lines: Line[]; madeUp?: boolean; here?: string }) {
  const { moment } = useSpeech()
  const { shop } = useVisit()
  const sentence = useSentence()
  const isLink = (entry: Entry) => !madeUp && !('message' in entry && entry.message === here)
  const head = (at: string | number, strategy?: string, step?: string | null) => (
    <div className="row small quiet">
      <time dateTime={String(at)}>{moment(at, shop.time_zone)}</time>
      {strategy && <StrategyName id={strategy} />}
      {step && <span className="code">{step}</span>}
    </div>
  )
  return (
    <ol className="plain trace">
      {lines.map((line, place) =>
        'remark' in line ? (
          <li key={place} className={line.remark.tone}>
            {head(line.remark.at, line.strategy)}
            <div>{line.remark.words}</div>
          </li>
        ) : (
          // lines of a trace are only ever added at the end
          <li key={place} className={tone(line.entry)}>
            {head(line.entry.at, line.strategy, line.entry.step)}
            <div>
              {isLink(line.entry)
                ? withMessage(line.entry, shop.id, sentence(line.entry))
                : sentence(line.entry)}
            </div>
            {reasonOf(line.entry) && (
              <div className="quiet" dir="auto">
                “{reasonOf(line.entry)}”
              </div>
            )}
            <Facts facts={line.entry.facts} />
          </li>
        ),
      )}
    </ol>
  )
}

function reasonOf(entry: Entry): string {
  return (entry.what === 'branched' || entry.what === 'selected') && entry.reason ? entry.reason : ''
}

/** A sentence about a message leads to it. */
function withMessage(entry: Entry, shop: string, text: string): ReactNode {
  if (!('message' in entry) || !entry.message) return text
  return (
    <Link to="/$shop/messages/$message" params={{ shop, message: entry.message }}>
      {text}
    </Link>
  )
}

/** Closed lists that values of facts are from. */
const VALUES: Record<string, string> = {
  'strategy.state': 'strategyState',
  'channel.held': 'hold',
  'sender.held': 'hold',
}

export function Facts({ facts }: { facts?: Schemas['FactRead'][] }) {
  const { told } = useSpeech()
  const shown = useShown()
  if (!facts?.length) return null
  const valueOf = ({ fact, value }: Schemas['FactRead']) =>
    told(VALUES[fact] ?? 'factValue', value) ?? told('factValue', value) ?? shown(value)
  return (
    <ul className="plain facts">
      {facts.map((fact, place) => {
        // What the host itself asks for has a name; what a plugin asks for goes by that of the contract.
        const name = told('fact', fact.fact) ?? told('flowField', fact.fact)
        return (
          // facts stand in the order in which they were read
          <li key={place}>
            {name ? <span title={fact.fact}>{name}</span> : <span className="code">{fact.fact}</span>}{' '}
            <bdi className="code value">{valueOf(fact)}</bdi>
          </li>
        )
      })}
    </ul>
  )
}
