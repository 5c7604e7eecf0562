/** A step as a card: what it is, what it is called, what it does, and whether something is wrong with it. */
import {
  Bell,
  Clock,
  Flag,
  Hourglass,
  ListPlus,
  LogOut,
  type LucideIcon,
  MessageSquare,
  Repeat2,
  Send,
  Shuffle,
  SlidersHorizontal,
  Split,
  Tag,
  TriangleAlert,
  Webhook,
  Zap,
} from 'lucide-react'
import { useSpeech } from '../words'
import { type Kind, type Strategy, TRIGGER } from './document'
import { useSummary, useTriggerSummary } from './summary'

export const ICONS: Record<Kind, LucideIcon> = {
  message: MessageSquare,
  delay: Clock,
  condition: Split,
  wait: Hourglass,
  split: Shuffle,
  tag: Tag,
  list: ListPlus,
  attribute: SlidersHorizontal,
  notify: Bell,
  webhook: Webhook,
  transfer: Send,
  repeat: Repeat2,
  exit: Flag,
}

const TONES: Partial<Record<Kind, string>> = {
  message: 'sends',
  notify: 'sends',
  webhook: 'sends',
  delay: 'waits',
  wait: 'waits',
  repeat: 'waits',
  condition: 'chooses',
  split: 'chooses',
}

/** What stands on a card. */
export function useTitles(strategy: Strategy) {
  const { say, word } = useSpeech()
  const summary = useSummary()
  const triggerSummary = useTriggerSummary()
  return (id: string): { icon: LucideIcon; tone: string; kind: string; title: string; about: string } => {
    const step = strategy.steps[id]
    if (step) {
      const kind = word('flowKind', step.kind)
      return { icon: ICONS[step.kind], tone: TONES[step.kind] ?? 'acts', kind, title: id, about: summary(step) }
    }
    if (id === TRIGGER) {
      const title = word('trigger', strategy.trigger.on)
      return { icon: Zap, tone: 'begins', kind: say('flow.trigger'), title, about: triggerSummary(strategy) }
    }
    return { icon: LogOut, tone: 'begins', kind: say('flow.exit'), title: word('flowExit', 'order'), about: '' }
  }
}

export function StepCard(props: {
  id: string
  strategy: Strategy
  chosen: boolean
  trouble?: { count: number; refuses: boolean }
  at?: string
  dimmed: boolean
  choose: () => void
}) {
  const { say, direction } = useSpeech()
  const { icon: Icon, tone, kind, title, about } = useTitles(props.strategy)(props.id)
  const { trouble, at } = props
  return (
    <button
      type="button"
      dir={direction}
      className={`flow-step nodrag nopan ${tone}${props.dimmed ? ' dim' : ''}${at !== undefined ? ' lit' : ''}`}
      aria-pressed={props.chosen}
      data-trouble={trouble ? (trouble.refuses ? 'bad' : 'warn') : undefined}
      onClick={props.choose}
    >
      <span className="flow-icon">
        <Icon size={17} strokeWidth={1.9} aria-hidden />
      </span>
      <span className="flow-words">
        <span className="flow-kind">{at || kind}</span>
        <bdi className="flow-title">{title}</bdi>
        {about && <bdi className="flow-about">{about}</bdi>}
      </span>
      {trouble && (
        <span className="flow-trouble">
          <TriangleAlert size={15} aria-hidden />
          <span className="unseen">{say('flow.troubles', { n: trouble.count })}</span>
        </span>
      )}
    </button>
  )
}
