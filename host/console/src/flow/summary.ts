/** A step in a few words, for its card. */
import { useSpeech } from '../words'
import type { Step, Strategy } from './document'
import { readSpan } from './span'

/** A length of time in the reader's language. */
export function useSpanWords() {
  const { language } = useSpeech()
  return (text: string | null | undefined): string => {
    const span = readSpan(text)
    if (!span) return text ?? ''
    const style = { style: 'unit', unit: WORDS[span.unit], unitDisplay: 'long' } as const
    return new Intl.NumberFormat(language, style).format(span.number)
  }
}

const WORDS = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' }

export function useSummary() {
  const { say, word } = useSpeech()
  const span = useSpanWords()
  const names = (list: (string | null | undefined)[]) => list.filter(Boolean).join(', ')
  const ofDelay = (step: Extract<Step, { kind: 'delay' }>): string => {
    const { until } = step
    if (!until) return span(step.for)
    if ('days_later' in until)
      return say('flow.sum.at', { span: span(`${until.days_later.days}d`), at: until.days_later.at })
    if ('cut_off' in until) return say('flow.sum.cutOff', { at: until.cut_off.at, after: until.cut_off.after })
    if ('weekday' in until) return names(until.weekday.days.map(day => word('flowDay', day)))
    return until.attribute.name
  }
  return (step: Step): string => {
    switch (step.kind) {
      case 'delay':
        return ofDelay(step)
      case 'wait':
        return `${names(Object.values(step.for).map(one => word('flowAwaited', one.event)))} · ${span(step.timeout)}`
      case 'condition':
        if (step.plugin) return step.plugin
        return say('flow.sum.rules', {
          n: step.rules?.length || countRules(step.rule),
        })
      case 'message': {
        const over = step.fallback?.length ? step.fallback.join(' › ') : names([step.channel, ...(step.channels ?? [])])
        return names([over, step.content ?? step.select?.plugin])
      }
      case 'split':
        return Object.entries(step.arms)
          .map(([name, arm]) => `${name} ${arm.weight}`)
          .join(' · ')
      case 'tag':
      case 'list':
        return names([...(step.add ?? []).map(name => `+ ${name}`), ...(step.remove ?? []).map(name => `− ${name}`)])
      case 'attribute':
        return names(Object.keys(step.set))
      case 'notify':
        return names([step.channel, step.content])
      case 'webhook':
        return step.channel
      case 'repeat':
        return say('flow.sum.times', { n: step.times })
      case 'transfer':
        return step.strategy
      case 'exit':
        return say('flow.sum.exit')
    }
  }
}

type Group = NonNullable<Extract<Step, { kind: 'condition' }>['rule']>

function countRules(group: Group | null | undefined): number {
  return (group?.rules ?? []).reduce((sum, node) => sum + ('rules' in node ? countRules(node as Group) : 1), 0)
}

/** What the trigger says, in a few words. */
export function useTriggerSummary() {
  const { say, word } = useSpeech()
  const span = useSpanWords()
  return ({ trigger, exits }: Strategy): string => {
    const settles = trigger.settle ?? { cart: '4h', checkout: '1h' }[trigger.on as string]
    const quiet = settles ? say('flow.sum.quiet', { span: span(settles) }) : ''
    const own = trigger.event ?? trigger.attribute ?? trigger.button ?? ''
    const leaves = exits?.length === 0 ? '' : word('flowExit', exits || isOfCart(trigger.on) ? 'order' : 'none')
    return [quiet, own, leaves].filter(Boolean).join(' · ')
  }
}

const isOfCart = (on: string) => on === 'cart' || on === 'checkout'

/** What a way out of a step is called. */
export function useWayName() {
  const { say, word } = useSpeech()
  return (path: string[]): string => {
    const [first = '', name = ''] = path
    if (first === 'branches' || first === 'arms' || first === 'for')
      return name === 'yes' || name === 'no' || name === 'unknown' ? word('flowBranch', name) : name
    if (first === 'next' || first === 'until') return first === 'until' ? say('flowWay.otherwise') : ''
    return word('flowWay', first)
  }
}
