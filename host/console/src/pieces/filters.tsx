/** What long lists are narrowed by. What was chosen stands in the address, so that it can be handed on. */
import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, take } from '../api/client'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'
import { useStrategies } from './names'

/** One of a closed list, or any. */
export function OneOf(props: {
  label: Key
  any: Key
  options: { value: string; label: string }[]
  value: string | undefined
  choose: (value: string | undefined) => void
}) {
  const { say } = useSpeech()
  return (
    <NativeSelect
      aria-label={say(props.label)}
      value={props.value ?? ''}
      data={[{ value: '', label: say(props.any) }, ...props.options]}
      onChange={event => props.choose(event.currentTarget.value || undefined)}
    />
  )
}

export function OfStrategy(props: { value?: string; choose: (value: string | undefined) => void }) {
  const strategies = useStrategies()
  const options = strategies.data?.items.map(one => ({ value: one.id, label: one.name })) ?? []
  return <OneOf label="runs.strategy" any="runs.every" options={options} {...props} value={props.value} />
}

/** A step of the chosen strategy as it is now. */
export function OfStep(props: {
  strategy: string
  value?: string
  choose: (value: string | undefined) => void
}) {
  const { shop } = useVisit()
  const { strategy } = props
  const found = useQuery({
    queryKey: ['shop', shop.id, 'strategy', strategy],
    queryFn: () => take(api.GET('/v1/strategies/{strategy}', { params: { path: { strategy } } })),
  })
  const names = Object.keys(found.data?.definition.steps ?? {})
  const known = props.value && !names.includes(props.value) ? [...names, props.value] : names
  const options = known.map(name => ({ value: name, label: name }))
  return (
    <OneOf
      label="filter.step"
      any="filter.everyStep"
      options={options}
      value={props.value}
      choose={props.choose}
    />
  )
}

/** A version of the chosen strategy, by its number. */
export function OfVersion(props: {
  strategy: string
  value?: string
  choose: (value: string | undefined) => void
}) {
  const { number } = useSpeech()
  const { shop } = useVisit()
  const { strategy } = props
  const found = useQuery({
    queryKey: ['shop', shop.id, 'strategy', strategy, 'versions'],
    queryFn: () => take(api.GET('/v1/strategies/{strategy}/versions', { params: { path: { strategy } } })),
  })
  const options = (found.data?.items ?? []).map(one => ({ value: one.id, label: number(one.number) }))
  return (
    <OneOf
      label="filter.version"
      any="filter.everyVersion"
      options={options}
      value={props.value}
      choose={props.choose}
    />
  )
}

/** From one day to another. */
export function Days(props: {
  from?: string
  until?: string
  choose: (days: { from?: string; until?: string }) => void
}) {
  const { say } = useSpeech()
  const { from, until, choose } = props
  return (
    <div className="row days">
      <TextInput
        type="date"
        aria-label={say('filter.from')}
        value={from ?? ''}
        max={until}
        onChange={event => choose({ from: event.currentTarget.value || undefined, until })}
      />
      <span aria-hidden>–</span>
      <TextInput
        type="date"
        aria-label={say('filter.until')}
        value={until ?? ''}
        min={from}
        onChange={event => choose({ from, until: event.currentTarget.value || undefined })}
      />
    </div>
  )
}
