/** How many contacts a customer may have in a time (S20). */
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import { ChoiceField, NumberField, SpanField } from './fields'

type Cap = Schemas['Cap']
type Limit = Schemas['Limit']
const CALENDAR = ['day', 'week', 'month'] as const

export function CapForm(props: {
  cap: Cap | null | undefined
  /** What holds where nothing is said here. */
  inherited?: string
  change: (cap: Cap | null) => void
}) {
  const { say, word } = useSpeech()
  const { cap, inherited, change } = props
  const sort = cap == null ? 'inherited' : cap === 'none' ? 'none' : cap === 0 ? 'never' : 'limit'
  const limit = typeof cap === 'object' && cap !== null ? (cap as Limit) : undefined
  const set = (next: Partial<Limit>) => limit && change({ ...limit, ...next })
  return (
    <fieldset className="flow-part">
      <legend>{say('flow.policy.cap')}</legend>
      <ChoiceField
        label={say('flow.policy.capSort')}
        value={sort}
        choices={(['inherited', 'limit', 'none', 'never'] as const).map(value => [
          value,
          value === 'inherited' && inherited ? inherited : word('flowCap', value),
        ])}
        change={value => {
          const caps: Record<string, Cap | null> = {
            none: 'none',
            never: 0,
            limit: { contacts: 1, within: '72h', own_run: 'exempt' },
          }
          change(caps[value] ?? null)
        }}
      />
      {limit && (
        <>
          <NumberField
            label={say('flow.policy.contacts')}
            min={1}
            value={limit.contacts}
            change={contacts => set({ contacts: contacts ?? 1 })}
          />
          <ChoiceField
            label={say('flow.policy.per')}
            value={limit.per ?? 'rolling'}
            choices={[
              ['rolling', say('flow.policy.rolling')],
              ...CALENDAR.map((value): [string, string] => [value, word('flowPer', value)]),
            ]}
            change={value => {
              const { per: _, within: __, ...rest } = limit
              change(value === 'rolling' ? { ...rest, within: '72h' } : { ...rest, per: value as 'day' })
            }}
          />
          {limit.within != null && (
            <SpanField
              label={say('flow.policy.within')}
              required
              value={limit.within}
              change={within => set({ within: within ?? '1h' })}
            />
          )}
          <ChoiceField
            label={say('flow.policy.ownRun')}
            value={limit.own_run}
            choices={(['exempt', 'counts'] as const).map(value => [value, word('flowOwnRun', value)])}
            change={value => set({ own_run: value as Limit['own_run'] })}
          />
        </>
      )}
    </fieldset>
  )
}
