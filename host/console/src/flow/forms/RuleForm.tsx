/** The rule builder: comparisons, joined by "all" or "one", in groups that nest. */
import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core'
import { Plus, X } from 'lucide-react'
import type { Schemas } from '../../api/client'
import { useVisit } from '../../shell/shop'
import { useSpeech } from '../../words'
import {
  FIELDS,
  type FieldKind,
  firstValue,
  GOODS,
  isOfGoods,
  isOfMessages,
  kindOf,
  OPERATORS,
  readValue,
  takesRange,
} from '../fields'
import { ListField, TickField } from './fields'
import { RangeField } from './RangeField'

type Group = Schemas['Group']
type Rule = Schemas['Rule']
type Node = Group['rules'][number]

const ATTRIBUTE = 'customer.attributes.'
const ANSWER = 'step.'

export function freshRule(): Rule {
  return { field: 'orders.count', operator: '>=', value: 1 }
}

export function freshGroup(): Group {
  return { combinator: 'and', not: false, rules: [freshRule()] }
}

export function RuleForm(props: {
  group: Group
  steps: string[]
  change: (group: Group) => void
  remove?: () => void
}) {
  const { say } = useSpeech()
  const { group, steps, change } = props
  const set = (place: number, node: Node) =>
    change({ ...group, rules: group.rules.map((one, at) => (at === place ? node : one)) })
  const take = (place: number) => change({ ...group, rules: group.rules.filter((_, at) => at !== place) })
  return (
    <div className="flow-group">
      <div className="row">
        <NativeSelect
          size="xs"
          aria-label={say('flow.rule.joined')}
          value={group.combinator}
          data={[
            { value: 'and', label: say('flow.rule.all') },
            { value: 'or', label: say('flow.rule.one') },
          ]}
          onChange={event => change({ ...group, combinator: event.currentTarget.value as 'and' | 'or' })}
        />
        <TickField label={say('flow.rule.not')} value={group.not ?? false} change={not => change({ ...group, not })} />
        {props.remove && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            className="push-end"
            aria-label={say('flow.rule.removeGroup')}
            onClick={props.remove}
          >
            <X size={15} aria-hidden />
          </ActionIcon>
        )}
      </div>
      {group.rules.map((node, place) => (
        // rules have no name but their place
        <div key={place}>
          {'rules' in node ? (
            <RuleForm
              group={node}
              steps={steps}
              change={group => set(place, group)}
              remove={() => take(place)}
            />
          ) : (
            <RuleLine
              rule={node as Rule}
              steps={steps}
              change={rule => set(place, rule)}
              remove={group.rules.length > 1 || props.remove ? () => take(place) : undefined}
            />
          )}
        </div>
      ))}
      <div className="row">
        <Button
          size="compact-xs"
          variant="light"
          leftSection={<Plus size={13} aria-hidden />}
          onClick={() => change({ ...group, rules: [...group.rules, freshRule()] })}
        >
          {say('flow.rule.add')}
        </Button>
        <Button
          size="compact-xs"
          variant="subtle"
          onClick={() => change({ ...group, rules: [...group.rules, freshGroup()] })}
        >
          {say('flow.rule.addGroup')}
        </Button>
      </div>
    </div>
  )
}

/** The field as it is chosen: attributes and answers are chosen first and named then. */
const choiceOf = (field: string) =>
  [ATTRIBUTE, ANSWER].find(beginning => field.startsWith(beginning)) ?? field

function RuleLine(props: {
  rule: Rule
  steps: string[]
  change: (rule: Rule) => void
  remove?: () => void
}) {
  const { say, word } = useSpeech()
  const { shop } = useVisit()
  const { rule, change } = props
  const kind = kindOf(rule.field)
  const choice = choiceOf(rule.field)
  const operators = OPERATORS[kind]
  const compared = (field: string, operator: Rule['operator']): Rule => {
    const fits = OPERATORS[kindOf(field)].includes(operator)
    const used = fits ? operator : (OPERATORS[kindOf(field)][0] ?? '=')
    const range = used === 'within' ? { within_days: 7 } : undefined
    return { field, operator: used, value: firstValue(kindOf(field), used, shop.currency), ...(range && { range }) }
  }
  const where = rule.where ?? {}
  const setWhere = (next: NonNullable<Rule['where']>) => {
    const isEmpty = GOODS.every(name => !next[name]?.length) && !next.step
    change({ ...rule, where: isEmpty ? undefined : next })
  }
  return (
    <div className="flow-rule">
      <div className="flow-rule-line">
        <NativeSelect
          size="xs"
          aria-label={say('flow.rule.field')}
          value={choice}
          data={[
            ...Object.keys(FIELDS).map(value => ({ value, label: word('flowField', value) })),
            { value: ATTRIBUTE, label: say('flow.rule.attribute') },
            { value: ANSWER, label: say('flow.rule.answer') },
          ]}
          onChange={event => change(compared(event.currentTarget.value, rule.operator))}
        />
        {props.remove && (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={say('flow.rule.remove')}
            onClick={props.remove}
          >
            <X size={15} aria-hidden />
          </ActionIcon>
        )}
      </div>
      {choice !== rule.field || choice === ATTRIBUTE || choice === ANSWER ? (
        <TextInput
          size="xs"
          dir="ltr"
          aria-label={say('flow.rule.name')}
          placeholder={choice === ATTRIBUTE ? 'birthday' : 'score.value'}
          value={rule.field.slice(choice.length)}
          onChange={event => change({ ...rule, field: choice + event.currentTarget.value })}
        />
      ) : null}
      <div className="flow-rule-line">
        <NativeSelect
          size="xs"
          aria-label={say('flow.rule.operator')}
          value={rule.operator}
          data={operators.map(value => ({ value, label: word('flowOperator', value) }))}
          onChange={event => change(compared(rule.field, event.currentTarget.value as Rule['operator']))}
        />
        <Value rule={rule} kind={kind} change={change} />
      </div>
      {(takesRange(rule.field) || rule.operator === 'within') && (
        <RangeField
          range={rule.range}
          required={rule.operator === 'within'}
          change={range => change({ ...rule, range })}
        />
      )}
      {isOfGoods(rule.field) && rule.operator !== 'within' && (
        <details className="stack tight" open={GOODS.some(name => where[name]?.length)}>
          <summary>{say('flow.rule.goods')}</summary>
          {GOODS.map(name => (
            <ListField
              key={name}
              label={word('flowGoods', name)}
              value={where[name]}
              change={names => setWhere({ ...where, [name]: names })}
            />
          ))}
        </details>
      )}
      {isOfMessages(rule.field) && (
        <NativeSelect
          size="xs"
          label={say('flow.rule.ofStep')}
          value={where.step ?? ''}
          data={[{ value: '', label: say('flow.rule.anyMessage') }, ...props.steps]}
          onChange={event => setWhere({ ...where, step: event.currentTarget.value || undefined })}
        />
      )}
    </div>
  )
}

function Value(props: { rule: Rule; kind: FieldKind; change: (rule: Rule) => void }) {
  const { say } = useSpeech()
  const { rule, kind, change } = props
  const label = say('flow.rule.value')
  if (['empty', 'not_empty', 'within'].includes(rule.operator)) return null
  const set = (value: unknown) => change({ ...rule, value })
  if (rule.operator === 'includes' || rule.operator === 'excludes') {
    return (
      <TextInput
        size="xs"
        aria-label={say('flow.rule.values')}
        placeholder={say('flow.commas')}
        defaultValue={(Array.isArray(rule.value) ? rule.value : []).join(', ')}
        onChange={event => set(event.currentTarget.value.split(',').map(one => one.trim()).filter(Boolean))}
      />
    )
  }
  if (kind === 'amount') {
    const money = rule.value as { amount?: string; currency?: string } | null
    return (
      <TextInput
        size="xs"
        dir="ltr"
        inputMode="decimal"
        aria-label={label}
        rightSection={<span className="small quiet">{money?.currency}</span>}
        rightSectionWidth={48}
        value={money?.amount ?? ''}
        onChange={event => set({ ...money, amount: event.currentTarget.value })}
      />
    )
  }
  const type = kind === 'count' ? 'number' : kind === 'instant' ? 'date' : 'text'
  return (
    <TextInput
      size="xs"
      type={type}
      aria-label={label}
      value={String(rule.value ?? '')}
      onChange={event => {
        const text = event.currentTarget.value
        set(kind === 'count' ? Number(text) : kind === 'any' ? readValue(text) : text)
      }}
    />
  )
}
