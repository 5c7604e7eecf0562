/** The form of a step: what it is called, what it does, and where it leads. */
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useSpeech } from '../../words'
import { canBeNamed, type Fault, keyOf, type Spot, type Step, type Strategy, waysOf } from '../document'
import { useWayName } from '../summary'
import { ActionForm } from './ActionForm'
import { ConditionForm } from './ConditionForm'
import { DelayForm } from './DelayForm'
import { Faults } from './Faults'
import { MessageForm } from './MessageForm'
import { SplitForm } from './SplitForm'
import { WaitForm } from './WaitForm'

/** What every form of a step is given. */
export type FormOf<S extends Step> = {
  step: S
  name: string
  strategy: Strategy
  /** `field` tells which field is typed in, so that it is undone at once. */
  change: (step: Step, field?: string) => void
}

export function StepForm(props: {
  name: string
  strategy: Strategy
  faults: Fault[]
  change: (step: Step, field?: string) => void
  rename: (to: string) => void
  lead: (spot: Spot, to: string) => void
  add: (spot: Spot) => void
  remove: () => void
}) {
  const { say, word } = useSpeech()
  const { name, strategy } = props
  const step = strategy.steps[name]
  if (!step) return null
  return (
    <div className="stack">
      <p className="quiet small">{word('flowKindAbout', step.kind)}</p>
      <Faults of={props.faults} />
      <Name name={name} strategy={strategy} rename={props.rename} />
      <Fields step={step} name={name} strategy={strategy} change={props.change} />
      <Ways from={name} ways={waysOf(step).map(way => way.path)} {...props} />
      <div>
        <Button
          variant="subtle"
          color="red"
          size="compact-sm"
          leftSection={<Trash2 size={14} aria-hidden />}
          onClick={props.remove}
        >
          {say('flow.remove')}
        </Button>
      </div>
    </div>
  )
}

function Fields(props: FormOf<Step>): ReactNode {
  const { step } = props
  switch (step.kind) {
    case 'message':
      return <MessageForm {...props} step={step} />
    case 'delay':
      return <DelayForm {...props} step={step} />
    case 'wait':
      return <WaitForm {...props} step={step} />
    case 'condition':
      return <ConditionForm {...props} step={step} />
    case 'split':
      return <SplitForm {...props} step={step} />
    case 'exit':
      return null
    default:
      return <ActionForm {...props} step={step} />
  }
}

/** A name is taken when it can be one, and only when somebody has finished writing it. */
function Name(props: { name: string; strategy: Strategy; rename: (to: string) => void }) {
  const { say } = useSpeech()
  const [text, type] = useState(props.name)
  const fits = canBeNamed(props.strategy, props.name, text)
  const finish = () => (fits ? text !== props.name && props.rename(text) : type(props.name))
  return (
    <TextInput
      label={say('flow.stepName')}
      dir="ltr"
      value={text}
      error={fits ? undefined : say('flow.stepNameWrong')}
      onChange={event => type(event.currentTarget.value)}
      onBlur={finish}
      onKeyDown={event => {
        if (event.key === 'Enter') finish()
      }}
    />
  )
}

/** Where each way leads: to a step that there is, or to a new one. */
export function Ways(props: {
  from: string
  ways: string[][]
  strategy: Strategy
  lead: (spot: Spot, to: string) => void
  add: (spot: Spot) => void
  targets?: (spot: Spot) => string
}) {
  const { say } = useSpeech()
  const wayName = useWayName()
  const { from, strategy } = props
  const step = strategy.steps[from]
  const led = step ? waysOf(step) : undefined
  if (props.ways.length === 0) return null
  const others = Object.keys(strategy.steps).filter(name => name !== from)
  return (
    <fieldset className="flow-part">
      <legend>{say('flow.ways')}</legend>
      {props.ways.map(path => {
        const spot = { from, path }
        const to = props.targets?.(spot) ?? led?.find(way => keyOf(way.path) === keyOf(path))?.to ?? ''
        const label = wayName(path) || say('flow.then')
        return (
          <div className="flow-way-line" key={keyOf(path)}>
            <NativeSelect
              size="xs"
              label={label}
              value={to}
              data={[
                { value: '', label: say('flow.nowhere') },
                ...(to && !others.includes(to) ? [{ value: to, label: to }] : []),
                ...others.map(value => ({ value, label: value })),
              ]}
              onChange={event => props.lead(spot, event.currentTarget.value)}
            />
            <Button
              size="compact-xs"
              variant="light"
              aria-label={`${say('flow.addHere')}: ${label}`}
              onClick={() => props.add(spot)}
            >
              {say('flow.addHere')}
            </Button>
          </div>
        )
      })}
    </fieldset>
  )
}
