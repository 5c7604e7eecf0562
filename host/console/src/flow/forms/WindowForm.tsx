/** When marketing may go out (S04): always, or in opening hours of days of the week. */
import { Button } from '@mantine/core'
import { Plus } from 'lucide-react'
import type { Schemas } from '../../api/client'
import { useSpeech } from '../../words'
import { DAYS, DaysField, ZoneField } from './DelayForm'
import { ChoiceField, ListField, Part, TextField } from './fields'

type Window = Schemas['Window']
type Hours = Schemas['OpeningHours']

export function WindowForm(props: {
  window: Window | null | undefined
  /** What holds where nothing is said here. */
  inherited?: string
  change: (window: Window | null) => void
}) {
  const { say, word } = useSpeech()
  const { window, inherited, change } = props
  const hours = typeof window === 'object' && window !== null ? (window as Hours) : undefined
  const sort = window == null ? 'inherited' : hours ? 'hours' : 'always'
  const first: Hours = { open: [{ days: DAYS, from: '09:00', until: '20:00' }], closed_dates: [] } as Hours
  return (
    <fieldset className="flow-part">
      <legend>{say('flow.policy.window')}</legend>
      <ChoiceField
        label={say('flow.policy.windowSort')}
        value={sort}
        choices={(['inherited', 'hours', 'always'] as const).map(value => [
          value,
          value === 'inherited' && inherited ? inherited : word('flowWindow', value),
        ])}
        change={value => change(value === 'hours' ? first : value === 'always' ? 'always' : null)}
      />
      {hours && <HoursForm hours={hours} change={change} />}
    </fieldset>
  )
}

function HoursForm({ hours, change }: { hours: Hours; change: (hours: Hours) => void }) {
  const { say } = useSpeech()
  const open = hours.open
  const set = (place: number, next: Partial<Hours['open'][number]>) =>
    change({ ...hours, open: open.map((one, at) => (at === place ? { ...one, ...next } : one)) })
  return (
    <>
      {open.map((one, place) => (
        // hours stand in their order
        <Part
          key={place}
          title={`${one.from} – ${one.until}`}
          remove={
            open.length > 1 ? () => change({ ...hours, open: open.filter((_, at) => at !== place) }) : undefined
          }
        >
          <DaysField
            value={one.days?.length ? one.days : DAYS}
            change={days => set(place, { days })}
          />
          <div className="flow-rule-line">
            <TextField
              type="time"
              label={say('flow.from')}
              value={one.from}
              change={from => set(place, { from })}
            />
            <TextField
              type="time"
              label={say('flow.to')}
              value={one.until}
              change={until => set(place, { until })}
            />
          </div>
        </Part>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => change({ ...hours, open: [...open, { days: DAYS, from: '09:00', until: '20:00' }] })}
        >
          {say('flow.policy.addHours')}
        </Button>
      </div>
      <ListField
        label={say('flow.policy.closed')}
        about={say('flow.policy.closedAbout')}
        value={hours.closed_dates}
        change={closed_dates => change({ ...hours, closed_dates })}
      />
      <ZoneField value={hours.zone} change={zone => change({ ...hours, zone })} />
    </>
  )
}
