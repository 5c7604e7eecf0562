/** What the service says in sentences, in the reader's language: by its code, with its values. Somebody else's words, and
 * sentences that are newer than this console, stay as they are. */
import type { Schemas } from '../api/client'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export type Values = Record<string, string>

/** How the service writes an instant. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

/** A value as a reader writes it. */
export function useShown() {
  const { moment } = useSpeech()
  const { shop } = useVisit()
  return (value: string) => (INSTANT.test(value) ? moment(value, shop.time_zone) : value)
}

/** A sentence of a family, by its code; else as the service wrote it. */
export function Told(props: { of: string; code?: string | null; values?: Values; text: string }) {
  const { told } = useSpeech()
  const shown = useShown()
  const values = Object.fromEntries(Object.entries(props.values ?? {}).map(([name, one]) => [name, shown(one)]))
  const known = told(props.of, props.code, values)
  return known === undefined ? (
    <span lang="en" dir="auto">
      {props.text}
    </span>
  ) : (
    <span dir="auto">{known}</span>
  )
}

type Held = { words: string; next_step: string; codes?: Schemas['AlertCodes'] }

/** Why something is held, and what to do. */
export function HeldWords({ of: { words, codes } }: { of: Held }) {
  return <Told of="alertSays" code={codes?.words} values={codes?.values} text={words} />
}

export function HeldStep({ of: { next_step: text, codes } }: { of: Held }) {
  return <Told of="alertSays" code={codes?.next_step} values={codes?.values} text={text} />
}

/** Which list the reason of a finding is from. */
const REASONS: Partial<Record<Schemas['FindingCode'], string>> = {
  would_be_refused: 'skip',
  would_be_skipped: 'skip',
  skipped: 'skip',
  would_be_held: 'hold',
  held: 'hold',
  rejected: 'rejection',
  ended: 'end',
}

/** What a check of a customer and a strategy found. */
export function FindingWords({ finding }: { finding: Schemas['Finding'] }) {
  const { word, language } = useSpeech()
  const { code, reason, words: text } = finding
  const list = REASONS[code]
  const own: Values = list && reason ? { reason: word(list, reason) } : {}
  if (list === 'hold' && reason) own.next_step = word('holdNext', reason)
  // English has the kind of trigger in its sentence; elsewhere it stands beside it, in words of its own.
  const what = finding.values?.what
  if (what && language !== 'en') own.what = word('trigger', what.replaceAll(' ', '_'))
  return <Told of="finding" code={code} values={{ ...finding.values, ...own }} text={text} />
}
