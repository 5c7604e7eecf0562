/** Steps that do something beside sending: tags, lists, attributes, a word to the staff, a question to a server … */
import { Button } from '@mantine/core'
import { Plus } from 'lucide-react'
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import { freeName, type Step, type StepOf } from '../document'
import { readValue } from '../fields'
import { ChoiceField, ListField, NumberField, Part, TextField, TickField } from './fields'
import { Json } from './Json'
import type { FormOf } from './StepForm'
import { useHoldings } from './shop'

const TOLD: Schemas['Told'][] = ['customer', 'contact', 'cart', 'orders', 'trigger']
const named = (names: string[]): [string, string][] => names.map(name => [name, name])

export function ActionForm(props: FormOf<Step>) {
  const { say } = useSpeech()
  const holdings = useHoldings()
  const { step, strategy, change } = props
  switch (step.kind) {
    case 'tag':
    case 'list':
      return (
        <>
          <ListField
            label={say(step.kind === 'tag' ? 'flow.tag.add' : 'flow.list.add')}
            about={say('flow.commas')}
            value={step.add}
            change={add => change({ ...step, add }, 'add')}
          />
          <ListField
            label={say(step.kind === 'tag' ? 'flow.tag.remove' : 'flow.list.remove')}
            about={say('flow.commas')}
            value={step.remove}
            change={remove => change({ ...step, remove }, 'remove')}
          />
        </>
      )
    case 'attribute':
      return <Attributes step={step} change={change} />
    case 'notify':
      return (
        <>
          <ChoiceField
            label={say('flow.message.channel')}
            value={step.channel}
            choices={named(holdings.channels)}
            change={channel => change({ ...step, channel })}
          />
          <TextField
            label={say('flow.notify.to')}
            about={say('flow.notify.toAbout')}
            value={step.to}
            change={to => change({ ...step, to }, 'to')}
          />
          <ChoiceField
            label={say('flow.notify.content')}
            value={step.content}
            choices={named(holdings.contents.filter(one => one.purpose === 'staff').map(one => one.name))}
            change={content => change({ ...step, content })}
          />
        </>
      )
    case 'webhook':
      return <Webhook step={step} change={change} />
    case 'repeat':
      return (
        <NumberField
          label={say('flow.repeat.times')}
          min={1}
          value={step.times}
          change={times => change({ ...step, times: times ?? 1 }, 'times')}
        />
      )
    case 'transfer':
      return (
        <ChoiceField
          label={say('run.strategy')}
          value={step.strategy}
          choices={named(holdings.strategies.filter(name => name !== strategy.name))}
          change={name => change({ ...step, strategy: name })}
        />
      )
    default:
      return null
  }
}

function Attributes({ step, change }: Pick<FormOf<StepOf<'attribute'>>, 'step' | 'change'>) {
  const { say } = useSpeech()
  const entries = Object.entries(step.set)
  const set = (next: [string, unknown][], field?: string) => change({ ...step, set: Object.fromEntries(next) }, field)
  return (
    <>
      {entries.map(([name, value], place) => (
        // attributes keep their place while they are renamed
        <Part key={place} title={name} remove={() => set(entries.filter((_, at) => at !== place))}>
          <TextField
            label={say('flow.attribute')}
            value={name}
            change={renamed =>
              set(entries.map((one, at) => (at === place ? [renamed, value] : one)), `name-${place}`)
            }
          />
          <TextField
            label={say('flow.rule.value')}
            about={say('flow.attributeEmpty')}
            value={value === null ? '' : String(value)}
            change={text =>
              set(
                entries.map((one, at) => (at === place ? [name, text === '' ? null : readValue(text)] : one)),
                `value-${place}`,
              )
            }
          />
        </Part>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => set([...entries, [freeName('attribute', Object.keys(step.set)), '']])}
        >
          {say('flow.attributeAdd')}
        </Button>
      </div>
    </>
  )
}

function Webhook({ step, change }: Pick<FormOf<StepOf<'webhook'>>, 'step' | 'change'>) {
  const { say, word } = useSpeech()
  const { channels } = useHoldings()
  const facts = step.facts ?? []
  return (
    <>
      <ChoiceField
        label={say('flow.message.channel')}
        value={step.channel}
        choices={named(channels)}
        change={channel => change({ ...step, channel })}
      />
      <fieldset className="stack tight flow-plain">
        <legend>{say('flow.webhook.facts')}</legend>
        {TOLD.map(told => (
          <TickField
            key={told}
            label={word('flowTold', told)}
            value={facts.includes(told)}
            change={ticked =>
              change({ ...step, facts: TOLD.filter(one => (one === told ? ticked : facts.includes(one))) })
            }
          />
        ))}
      </fieldset>
      <Json
        label={say('flow.webhook.sample')}
        about={say('flow.webhook.sampleAbout')}
        value={step.sample ?? undefined}
        change={sample => change({ ...step, sample }, 'sample')}
      />
    </>
  )
}
