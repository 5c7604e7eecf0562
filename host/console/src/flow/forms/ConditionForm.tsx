/** A condition: rules, the first of several, or a plugin with a form of its own; each says which branches there are. */
import { Button } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useSpeech } from '../../words'
import { freeName, type StepOf } from '../document'
import { ChoiceField, Part, TextField, TickField } from './fields'
import { PluginForm } from './PluginForm'
import { freshGroup, RuleForm } from './RuleForm'
import type { FormOf } from './StepForm'
import { type Plugin, refOf, useHoldings } from './shop'

type Condition = StepOf<'condition'>
const SEVERAL = '$rules'
const ONE = '$rule'

/** The branches that there are now; where one led before it leads still. */
function branched(step: Condition, names: string[]): Condition {
  const kept = step.branches.unknown === undefined || names.includes('unknown') ? names : [...names, 'unknown']
  return { ...step, branches: Object.fromEntries(kept.map(name => [name, step.branches[name] ?? ''])) }
}

const branchesOf = (plugin: Plugin | undefined) =>
  plugin?.descriptor.branches?.length ? plugin.descriptor.branches : ['yes', 'no']

export function ConditionForm({ step, strategy, change }: FormOf<Condition>) {
  const { say, word } = useSpeech()
  const { conditions } = useHoldings()
  const steps = Object.entries(strategy.steps).flatMap(([name, one]) => (one.kind === 'message' ? [name] : []))
  const by = step.plugin ?? (step.rules?.length ? SEVERAL : ONE)
  const plugin = conditions.find(one => refOf(one) === step.plugin)
  const { branches } = step
  const base: Condition = { kind: 'condition', branches, on_error: step.on_error }
  const decide = (by: string) => {
    if (by === ONE) return change(branched({ ...base, rule: step.rule ?? freshGroup() }, ['yes', 'no']))
    if (by === SEVERAL) {
      const rules = [{ branch: 'first', rule: step.rule ?? freshGroup() }]
      return change(branched({ ...base, rules }, ['first', 'no']))
    }
    const chosen = conditions.find(one => refOf(one) === by)
    return change(branched({ ...base, plugin: by, config: {}, on_error: 'no' }, branchesOf(chosen)))
  }
  return (
    <>
      <ChoiceField
        label={say('flow.condition.by')}
        value={by}
        choices={[
          [ONE, say('flow.condition.rule')],
          [SEVERAL, say('flow.condition.rules')],
          ...conditions.map((one): [string, string] => [refOf(one), one.descriptor.title]),
        ]}
        change={decide}
      />
      {step.rule && (
        <RuleForm group={step.rule} steps={steps} change={rule => change({ ...step, rule }, 'rule')} />
      )}
      {step.rules?.length ? <Several step={step} steps={steps} change={change} /> : null}
      {step.plugin && (
        <>
          {plugin && <p className="quiet small">
              <bdi>{plugin.descriptor.summary}</bdi>
            </p>}
          {plugin && (
            <PluginForm
              plugin={plugin}
              value={step.config}
              change={config => change({ ...step, config }, 'config')}
            />
          )}
          <ChoiceField
            label={say('flow.condition.onError')}
            value={step.on_error}
            choices={[
              ...Object.keys(branches).map((name): [string, string] => [
                name,
                ['yes', 'no', 'unknown'].includes(name) ? word('flowBranch', name) : name,
              ]),
              ['hold', say('flow.condition.hold')],
            ]}
            change={on_error => change({ ...step, on_error })}
          />
        </>
      )}
      {!step.plugin && (
        <TickField
          label={say('flow.condition.unknown')}
          about={say('flow.condition.unknownAbout')}
          value={branches.unknown !== undefined}
          change={drawn => {
            const { unknown, ...rest } = branches
            change({ ...step, branches: drawn ? { ...rest, unknown: '' } : rest })
          }}
        />
      )}
    </>
  )
}

/** Several rules, tried from the first on, each with a branch of its own. */
function Several(props: {
  step: Condition
  steps: string[]
  change: (step: Condition, field?: string) => void
}) {
  const { say } = useSpeech()
  const { step, steps, change } = props
  const rules = step.rules ?? []
  const set = (next: typeof rules, field?: string) =>
    change(branched({ ...step, rules: next }, [...next.map(one => one.branch), 'no']), field)
  return (
    <>
      {rules.map((one, place) => (
        // rules are tried in their order
        <Part
          key={place}
          title={say('flow.condition.branchNumber', { n: place + 1 })}
          remove={rules.length > 1 ? () => set(rules.filter((_, at) => at !== place)) : undefined}
        >
          <TextField
            label={say('flow.condition.branch')}
            value={one.branch}
            change={branch => {
              const renamed = { ...step.branches, [branch]: step.branches[one.branch] ?? '' }
              const next = rules.map((other, at) => (at === place ? { ...other, branch } : other))
              const names = [...next.map(other => other.branch), 'no']
              change(branched({ ...step, rules: next, branches: renamed }, names), `branch-${place}`)
            }}
          />
          <RuleForm
            group={one.rule}
            steps={steps}
            change={rule => set(rules.map((other, at) => (at === place ? { ...other, rule } : other)), `rule-${place}`)}
          />
        </Part>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => {
            const branch = freeName('branch', rules.map(one => one.branch))
            set([...rules, { branch, rule: freshGroup() }])
          }}
        >
          {say('flow.condition.add')}
        </Button>
      </div>
    </>
  )
}
