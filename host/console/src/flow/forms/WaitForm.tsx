/** Waiting for what the customer does, with a way for each outcome (S06). */
import { Button } from '@mantine/core'
import { Plus } from 'lucide-react'
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import { freeName, type StepOf } from '../document'
import { ChoiceField, Part, SpanField, TextField } from './fields'
import type { FormOf } from './StepForm'

type Wait = StepOf<'wait'>
type Event = Schemas['AwaitedEvent']
const EVENTS: Event[] = [
  'order',
  'order_paid',
  'order_fulfilled',
  'order_delivered',
  'delivered',
  'read',
  'click',
  'reply',
  'custom',
]
const OF_MESSAGES: Event[] = ['delivered', 'read', 'click', 'reply']

export function WaitForm({ step, strategy, change }: FormOf<Wait>) {
  const { say, word } = useSpeech()
  const branches = Object.entries(step.for)
  const messages = Object.entries(strategy.steps).filter(([, one]) => one.kind === 'message')
  const set = (name: string, next: Partial<Schemas['Awaited']>, field?: string) =>
    change({ ...step, for: { ...step.for, [name]: { ...(step.for[name] as Schemas['Awaited']), ...next } } }, field)
  const take = (name: string) => {
    const { [name]: _, ...rest } = step.for
    change({ ...step, for: rest })
  }
  /** A branch is called by what it waits for. */
  const reevent = (name: string, event: Event) => {
    const awaited = { event, next: step.for[name]?.next ?? '' }
    const others = branches.filter(([one]) => one !== name).map(([one]) => one)
    const renamed = branches.map(([one, was]) =>
      one === name ? [freeName(event, others), awaited] : [one, was],
    )
    change({ ...step, for: Object.fromEntries(renamed) })
  }
  return (
    <>
      {branches.map(([name, one]) => (
        <Part key={name} title={name} remove={branches.length > 1 ? () => take(name) : undefined}>
          <ChoiceField
            label={say('flow.wait.event')}
            value={one.event}
            choices={EVENTS.map(value => [value, word('flowAwaited', value)])}
            change={value => reevent(name, value as Event)}
          />
          {one.event === 'custom' && (
            <TextField
              label={say('flow.eventType')}
              placeholder="shop.visited"
              value={one.type}
              change={type => set(name, { type }, `type-${name}`)}
            />
          )}
          {one.event === 'click' && (
            <TextField
              label={say('flow.button')}
              value={one.button}
              change={button => set(name, { button: button || null }, `button-${name}`)}
            />
          )}
          {OF_MESSAGES.includes(one.event) && (
            <ChoiceField
              label={say('flow.rule.ofStep')}
              value={one.step ?? ''}
              choices={[['', say('flow.rule.anyMessage')], ...messages.map(([of]): [string, string] => [of, of])]}
              change={of => set(name, { step: of || null })}
            />
          )}
        </Part>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() =>
            change({ ...step, for: { ...step.for, [freeName('reply', Object.keys(step.for))]: { event: 'reply', next: '' } } })
          }
        >
          {say('flow.wait.add')}
        </Button>
      </div>
      <SpanField
        label={say('flow.wait.timeout')}
        required
        value={step.timeout}
        change={span => change({ ...step, timeout: span ?? '0s' }, 'timeout')}
      />
    </>
  )
}
