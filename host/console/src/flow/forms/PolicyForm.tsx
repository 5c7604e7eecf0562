/** How a strategy behaves beside its steps: when it sends, how often, who comes back, what ends it. */
import { Button } from '@mantine/core'
import { Plus } from 'lucide-react'
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import type { Fault, Strategy } from '../document'
import { CapForm } from './CapForm'
import { Faults } from './Faults'
import { ChoiceField, ListField, NumberField, Part, SpanField, TextField } from './fields'
import { SenderForm } from './SenderForm'
import { WindowForm } from './WindowForm'

type Policies = Schemas['Policies']

export function PolicyForm(props: {
  strategy: Strategy
  faults: Fault[]
  change: (strategy: Strategy, field?: string) => void
}) {
  const { say, word } = useSpeech()
  const { strategy, change } = props
  const { policies } = strategy
  const set = (next: Partial<Policies>, field?: string) =>
    change({ ...strategy, policies: { ...policies, ...next } }, field)
  const { reentry } = policies
  return (
    <div className="stack">
      <Faults of={props.faults} />
      <Exits strategy={strategy} change={change} />
      <SenderForm strategy={strategy} change={senders => set({ senders })} />
      <WindowForm window={policies.window} change={window => set({ window }, 'window')} />
      <CapForm cap={policies.cap} change={cap => set({ cap }, 'cap')} />
      <ChoiceField
        label={say('flow.policy.capped')}
        value={policies.capped}
        choices={(['skip', 'wait', 'next_channel'] as const).map(value => [value, word('flowCapped', value)])}
        change={capped => set({ capped: capped as Policies['capped'] })}
      />
      <ChoiceField
        label={say('flow.policy.reentry')}
        value={typeof reentry === 'object' ? 'cooldown' : reentry}
        choices={(['always', 'once_ever', 'cooldown', 'once_per_key'] as const).map(value => [
          value,
          word('flowReentry', value),
        ])}
        change={value =>
          set({ reentry: value === 'cooldown' ? { cooldown: '30d' } : (value as Policies['reentry']) })
        }
      />
      {typeof reentry === 'object' && (
        <SpanField
          label={say('flow.policy.cooldown')}
          required
          value={reentry.cooldown}
          change={span => set({ reentry: { cooldown: span ?? '0s' } }, 'cooldown')}
        />
      )}
      <ChoiceField
        label={say('flow.policy.retrigger')}
        value={policies.on_retrigger}
        choices={(['ignore', 'restart'] as const).map(value => [value, word('flowRetrigger', value)])}
        change={value => set({ on_retrigger: value as Policies['on_retrigger'] })}
      />
      <SpanField
        label={say('flow.policy.lateness')}
        about={say('flow.policy.latenessAbout')}
        required
        value={policies.max_lateness}
        change={span => set({ max_lateness: span ?? '0s' }, 'lateness')}
      />
      <ListField
        label={say('flow.policy.only')}
        about={say('flow.policy.tagsAbout')}
        value={policies.push_filter?.only}
        change={only => set({ push_filter: { ...policies.push_filter, only } }, 'push_filter.only')}
      />
      <ListField
        label={say('flow.policy.never')}
        about={say('flow.policy.tagsAbout')}
        value={policies.push_filter?.never}
        change={never => set({ push_filter: { ...policies.push_filter, never } }, 'push_filter.never')}
      />
      <SpanField
        label={say('flow.policy.notAfterOrder')}
        value={policies.not_after_order}
        change={span => set({ not_after_order: span ?? null }, 'not_after_order')}
      />
      <NumberField
        label={say('flow.policy.priority')}
        about={say('flow.policy.priorityAbout')}
        value={policies.priority}
        change={priority => set({ priority: priority ?? 0 }, 'priority')}
      />
      <NumberField
        label={say('flow.holdOut')}
        about={say('flow.policy.holdOutAbout')}
        min={0}
        max={100}
        value={policies.hold_out}
        change={hold_out => set({ hold_out: hold_out ?? null }, 'hold_out')}
      />
      <TextField
        label={say('flow.policy.topic')}
        placeholder="general"
        value={policies.topic}
        change={topic => set({ topic: topic || null }, 'topic')}
      />
      <fieldset className="flow-part">
        <legend>{say('flow.policy.utm')}</legend>
        <p className="quiet small">{say('flow.policy.utmAbout')}</p>
        {(['source', 'medium', 'campaign'] as const).map(field => (
          <TextField
            key={field}
            label={`utm_${field}`}
            value={policies.utm?.[field]}
            change={text => set({ utm: { ...policies.utm, [field]: text || undefined } }, `utm.${field}`)}
          />
        ))}
      </fieldset>
    </div>
  )
}

type Exit = NonNullable<Strategy['exits']>[number]

/** What takes a run out of its way (S08). With carts and checkouts an order does, unless somebody says otherwise. */
function Exits(props: { strategy: Strategy; change: (strategy: Strategy) => void }) {
  const { say, word } = useSpeech()
  const { strategy, change } = props
  const isByDefault = ['cart', 'checkout'].includes(strategy.trigger.on)
  const standard: Exit = { on: 'order', match: 'customer', then: 'end' }
  const exits = strategy.exits ?? (isByDefault ? [standard] : [])
  const set = (next: Exit[]) => change({ ...strategy, exits: next })
  return (
    <fieldset className="flow-part">
      <legend>{say('flow.policy.exits')}</legend>
      {exits.length === 0 && <p className="quiet small">{say('flow.policy.noExits')}</p>}
      {exits.map((exit, place) => {
        const edit = (next: Partial<Exit>) =>
          set(exits.map((one, at) => (at === place ? { ...one, ...next } : one)))
        return (
          // exits stand in their order
          <Part
            key={place}
            title={word('flowExit', exit.on)}
            remove={() => set(exits.filter((_, at) => at !== place))}
          >
            <ChoiceField
              label={say('flow.policy.match')}
              value={exit.match}
              choices={(['customer', 'cart', 'sku'] as const).map(value => [value, word('flowMatch', value)])}
              change={match => edit({ match: match as Exit['match'] })}
            />
            <ChoiceField
              label={say('flow.policy.exitThen')}
              value={exit.then}
              choices={[
                ['end', say('flow.policy.exitEnd')],
                ...Object.keys(strategy.steps).map((name): [string, string] => [name, name]),
              ]}
              change={then => edit({ then })}
            />
          </Part>
        )
      })}
      {exits.length === 0 && (
        <div>
          <Button
            size="compact-sm"
            variant="light"
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => set([standard])}
          >
            {say('flow.policy.addExit')}
          </Button>
        </div>
      )}
    </fieldset>
  )
}
