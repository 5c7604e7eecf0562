/** The fields that forms of steps are made of. */
import { ActionIcon, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useSpeech } from '../../words'
import { readSpan, UNITS, type Unit, writeSpan } from '../span'

/** A length of time: a number and a unit. Empty is none, where none is allowed. */
export function SpanField(props: {
  label: string
  about?: string
  value: string | null | undefined
  placeholder?: string
  required?: boolean
  change: (span: string | undefined) => void
}) {
  const { say } = useSpeech()
  const read = readSpan(props.value)
  const [unit, choose] = useState<Unit>(read?.unit ?? 'h')
  const shown = read?.unit ?? unit
  const tell = (text: string, unit: Unit) =>
    props.change(text === '' && !props.required ? undefined : writeSpan(Number(text || 0), unit))
  return (
    <div className="flow-pair">
      <TextInput
        type="number"
        min={0}
        label={props.label}
        description={props.about}
        placeholder={props.placeholder}
        value={read?.number ?? ''}
        onChange={event => tell(event.currentTarget.value, shown)}
      />
      <NativeSelect
        aria-label={say('flow.unit', { label: props.label })}
        value={shown}
        data={UNITS.map(value => ({ value, label: say(`flowUnit.${value}`) }))}
        onChange={event => {
          const unit = event.currentTarget.value as Unit
          choose(unit)
          if (read) tell(String(read.number), unit)
        }}
      />
    </div>
  )
}

/** Several words, with commas between them. */
export function ListField(props: {
  label: string
  about?: string
  value: string[] | undefined
  change: (list: string[]) => void
}) {
  // What is typed stays as it is: a comma at the end is the beginning of the next word.
  const [text, type] = useState((props.value ?? []).join(', '))
  return (
    <TextInput
      label={props.label}
      description={props.about}
      value={text}
      onChange={event => {
        type(event.currentTarget.value)
        const words = event.currentTarget.value.split(',').map(word => word.trim())
        props.change(words.filter(Boolean))
      }}
    />
  )
}

export function TextField(props: {
  label: string
  about?: string
  value: string | null | undefined
  placeholder?: string
  type?: string
  error?: string
  change: (text: string) => void
}) {
  return (
    <TextInput
      type={props.type}
      label={props.label}
      description={props.about}
      placeholder={props.placeholder}
      error={props.error}
      value={props.value ?? ''}
      onChange={event => props.change(event.currentTarget.value)}
    />
  )
}

export function NumberField(props: {
  label: string
  about?: string
  value: number | null | undefined
  min?: number
  max?: number
  change: (number: number | undefined) => void
}) {
  return (
    <TextInput
      type="number"
      label={props.label}
      description={props.about}
      min={props.min}
      max={props.max}
      value={props.value ?? ''}
      onChange={event => {
        const text = event.currentTarget.value
        props.change(text === '' ? undefined : Math.round(Number(text)))
      }}
    />
  )
}

/** One of a few. What is chosen and is not among them any more stays, so that nothing is changed by looking. */
export function ChoiceField(props: {
  label: string
  about?: string
  value: string
  choices: [string, string][]
  change: (value: string) => void
}) {
  const known = props.choices.some(([value]) => value === props.value)
  const data = props.choices.map(([value, label]) => ({ value, label }))
  return (
    <NativeSelect
      label={props.label}
      description={props.about}
      value={props.value}
      data={known ? data : [{ value: props.value, label: props.value || '–' }, ...data]}
      onChange={event => props.change(event.currentTarget.value)}
    />
  )
}

export function TickField(props: {
  label: string
  about?: string
  value: boolean
  change: (ticked: boolean) => void
}) {
  return (
    <Checkbox
      label={props.label}
      description={props.about}
      checked={props.value}
      onChange={event => props.change(event.currentTarget.checked)}
    />
  )
}

/** Fields that belong together, with what takes them away. */
export function Part(props: { title: string; remove?: () => void; children: ReactNode }) {
  const { say } = useSpeech()
  return (
    <fieldset className="flow-part">
      <legend>{props.title}</legend>
      {props.remove && (
        <ActionIcon
          className="flow-part-remove"
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={say('flow.takeAway', { name: props.title })}
          onClick={props.remove}
        >
          <X size={15} aria-hidden />
        </ActionIcon>
      )}
      {props.children}
    </fieldset>
  )
}
