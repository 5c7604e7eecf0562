/** The form of what is chosen in the picture. */
import { nodeOf, TRIGGER, targetOf } from './document'
import { PolicyForm } from './forms/PolicyForm'
import { StepForm, Ways } from './forms/StepForm'
import { TriggerForm } from './forms/TriggerForm'
import type { Props } from './Side'

export function Chosen(props: Props) {
  const { chosen, strategy } = props
  const faults = props.faults.filter(fault => nodeOf(fault, strategy) === chosen)
  if (strategy.steps[chosen])
    return (
      <StepForm
        name={chosen}
        strategy={strategy}
        faults={faults}
        change={(step, field) => props.changeStep(chosen, step, field)}
        rename={to => props.rename(chosen, to)}
        lead={props.lead}
        add={props.add}
        remove={() => props.remove(chosen)}
      />
    )
  if (chosen === TRIGGER)
    return (
      <div className="stack">
        <TriggerForm
          strategy={strategy}
          faults={faults}
          change={(trigger, field) => props.change({ ...strategy, trigger }, field && `trigger/${field}`)}
        />
        <Ways
          from={TRIGGER}
          ways={[['next']]}
          targets={spot => targetOf(strategy, spot)}
          strategy={strategy}
          lead={props.lead}
          add={props.add}
        />
      </div>
    )
  return <PolicyForm strategy={strategy} faults={faults} change={props.change} />
}
