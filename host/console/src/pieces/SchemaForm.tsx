/** A form for whatever a plugin wants to know, made from its JSON Schema. */
import { Button, Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useSpeech } from '../words'
import {
  below,
  blank,
  type Fault,
  type Fields,
  faultsOf,
  isFields,
  resolve,
  type Schema,
  shapeOf,
  variantOf,
} from './schema'

export { blank, type Fault, faultsOf, type Schema } from './schema'

/** What all questions of a form share. */
type Form = {
  root: Schema
  faults: Fault[]
  isStill: boolean
  isStrict: boolean
  found: (path: string) => string | undefined
}
type Question = {
  form: Form
  part: Schema
  path: string
  label: string
  isNeeded: boolean
  value: unknown
  /** Undefined takes it away. */
  change: (value: unknown) => void
}

export function SchemaForm(props: {
  schema: Schema
  value: unknown
  change: (value: unknown) => void
  /** It is only to be read. */
  isStill?: boolean
  /** What is missing is said too, as after an attempt to save. */
  isStrict?: boolean
  /** What the host found, by JSON pointer. */
  found?: (path: string) => string | undefined
}) {
  const { say } = useSpeech()
  const { schema, change, isStill = false, isStrict = false, found = () => undefined } = props
  const value = props.value ?? {}
  const part = resolve(schema, schema)
  const form: Form = { root: schema, faults: faultsOf(schema, schema, value), isStill, isStrict, found }
  const whole: Question = { form, part, path: '', label: part.title ?? '', isNeeded: true, value, change }
  if (shapeOf(part) !== 'fields') return <Asked {...whole} />
  if (Object.keys(part.properties ?? {}).length === 0) return <p className="quiet">{say('form.nothing')}</p>
  return <FieldsOf {...whole} />
}

function Asked(props: Question) {
  switch (shapeOf(props.part)) {
    case 'fields':
      return (
        <Several {...props}>
          <FieldsOf {...props} />
        </Several>
      )
    case 'map':
      return <MapOf {...props} />
    case 'list':
      return <ListOf {...props} />
    case 'variants':
      return <Variants {...props} />
    case 'choice':
      return <Choice {...props} />
    case 'switch':
      return <Switch {...props} />
    case 'number':
      return <Numeric {...props} />
    case 'text':
      return <Text {...props} />
    case 'json':
      return <Json {...props} />
  }
}

/** What is wrong: the host's word first; that something is missing is not said before somebody is done. */
function useFault({ form, path }: Question): string | undefined {
  const { say } = useSpeech()
  const fault = form.faults.find(fault => fault.at === path)
  const isSaid = fault && (form.isStrict || fault.word !== 'form.required')
  return form.found(path) ?? (isSaid ? say(fault.word, fault.values) : undefined)
}

/** What every input says of its question. */
function useInput(props: Question) {
  const { part, label, isNeeded, form } = props
  return {
    label: <bdi>{label}</bdi>,
    description: part.description && <bdi>{part.description}</bdi>,
    withAsterisk: isNeeded,
    'aria-required': isNeeded,
    error: useFault(props),
    disabled: form.isStill,
  }
}

/** What would be there if nobody wrote anything, or how it may look. */
function hintOf(part: Schema): string | undefined {
  const hint = part.default ?? part.examples?.[0]
  return typeof hint === 'string' || typeof hint === 'number' ? String(hint) : undefined
}

function Text(props: Question) {
  const { part, value, isNeeded, change } = props
  const input = useInput(props)
  const written = {
    ...input,
    dir: 'auto' as const,
    placeholder: hintOf(part),
    value: typeof value === 'string' ? value : '',
    onChange: (event: { currentTarget: { value: string } }) => {
      const text = event.currentTarget.value
      change(text === '' && !isNeeded ? undefined : text)
    },
  }
  // 2048 is how long an address may be, and no text is.
  const isText = (part.maxLength ?? 0) > 500 && part.maxLength !== 2048
  const isLong = (isText || part.contentMediaType !== undefined) && !part.pattern
  if (isLong) return <Textarea {...written} autosize minRows={2} maxRows={14} />
  return <TextInput {...written} type={part.format === 'email' ? 'email' : 'text'} />
}

function Numeric(props: Question) {
  const { part, value, change } = props
  // What was written so far may be on its way to a number: `1.`
  const [draft, write] = useState('')
  const told = draft.trim() === '' ? undefined : Number.isFinite(Number(draft)) ? Number(draft) : draft
  return (
    <TextInput
      {...useInput(props)}
      dir="ltr"
      inputMode="decimal"
      placeholder={hintOf(part)}
      value={told === value ? draft : String(value ?? '')}
      onChange={event => {
        const text = event.currentTarget.value
        write(text)
        change(text.trim() === '' ? undefined : Number.isFinite(Number(text)) ? Number(text) : text)
      }}
    />
  )
}

function Switch(props: Question) {
  const { part, value, change } = props
  const { label, description, error, disabled } = useInput(props)
  return (
    <Checkbox
      {...{ label, description, error, disabled }}
      checked={(value ?? part.default) === true}
      onChange={event => change(event.currentTarget.checked)}
    />
  )
}

function Choice(props: Question) {
  const { say } = useSpeech()
  const { part, value, isNeeded, change } = props
  const options = part.enum ?? [part.const]
  const chosen = options.indexOf(value)
  const none = { value: '-1', label: hintOf(part) ?? say(isNeeded ? 'form.choose' : 'form.none') }
  return (
    <NativeSelect
      {...useInput(props)}
      value={String(chosen)}
      data={[
        ...(isNeeded && chosen >= 0 ? [] : [none]),
        ...options.map((option, place) => ({
          value: String(place),
          label: String(option).replaceAll('_', ' '),
        })),
      ]}
      onChange={event => change(options[Number(event.currentTarget.value)])}
    />
  )
}

/** Questions that belong together. */
function Several(props: Question & { children: ReactNode }) {
  const fault = useFault(props)
  return (
    <fieldset className="several">
      <legend>
        <bdi>{props.label}</bdi>
      </legend>
      {props.part.description && (
        <p className="quiet small">
          <bdi>{props.part.description}</bdi>
        </p>
      )}
      {props.children}
      {fault && <p className="small fault">{fault}</p>}
    </fieldset>
  )
}

function FieldsOf({ form, part, path, value, isNeeded, change }: Question) {
  const fields: Fields = isFields(value) ? value : {}
  const write = (name: string, to: unknown) => {
    const next = { ...fields, [name]: to }
    if (to === undefined) delete next[name]
    // A group that may be left out is left out with its last answer.
    change(Object.keys(next).length === 0 && !isNeeded ? undefined : next)
  }
  const isOut = !isNeeded && value === undefined
  return (
    <div className="stack">
      {ordered(part).map(([name, field]) => {
        const known = resolve(form.root, field)
        return (
          <Asked
            key={name}
            form={form}
            part={known}
            path={below(path, name)}
            label={known.title ?? name.replaceAll('_', ' ')}
            isNeeded={!isOut && (part.required?.includes(name) ?? false)}
            value={fields[name]}
            change={to => write(name, to)}
          />
        )
      })}
    </div>
  )
}

/** What is needed comes first; the host tells the rest by name. */
function ordered(part: Schema): [string, Schema][] {
  const isLater = ([name]: [string, Schema]) => Number(!part.required?.includes(name))
  return Object.entries(part.properties ?? {}).sort((one, other) => isLater(one) - isLater(other))
}

function ListOf(props: Question) {
  const { say } = useSpeech()
  const { form, part, path, label, isNeeded, value, change } = props
  const items = Array.isArray(value) ? value : []
  const item = resolve(form.root, part.items)
  const write = (next: unknown[]) => change(next.length === 0 && !isNeeded ? undefined : next)
  return (
    <Several {...props}>
      {items.map((one, place) => (
        // what stands at a place is that place's question
        <Removable
          key={place}
          label={say('form.remove', { name: `${label} ${place + 1}` })}
          remove={form.isStill ? undefined : () => write(items.filter((_, other) => other !== place))}
        >
          <Asked
            form={form}
            part={item}
            path={`${path}/${place}`}
            label={`${item.title ?? label} ${place + 1}`}
            isNeeded
            value={one}
            change={to => write(items.map((old, other) => (other === place ? to : old)))}
          />
        </Removable>
      ))}
      {!form.isStill && items.length < (part.maxItems ?? Infinity) && (
        <Adding label={label} add={() => write([...items, blank(form.root, item)])} />
      )}
    </Several>
  )
}

/** Answers by a name that is free. */
function MapOf(props: Question) {
  const { say } = useSpeech()
  const { form, part, path, label, isNeeded, value, change } = props
  const [name, choose] = useState('')
  const fields: Fields = isFields(value) ? value : {}
  const item = resolve(form.root, part.additionalProperties as Schema)
  const write = (next: Fields) => change(Object.keys(next).length === 0 && !isNeeded ? undefined : next)
  return (
    <Several {...props}>
      {Object.entries(fields).map(([key, one]) => (
        <Removable
          key={key}
          label={say('form.remove', { name: key })}
          remove={
            form.isStill
              ? undefined
              : () => write(Object.fromEntries(Object.entries(fields).filter(([other]) => other !== key)))
          }
        >
          <Asked
            form={form}
            part={item}
            path={below(path, key)}
            label={key}
            isNeeded
            value={one}
            change={to => write({ ...fields, [key]: to })}
          />
        </Removable>
      ))}
      {!form.isStill && (
        <div className="row">
          <TextInput
            size="xs"
            aria-label={say('form.nameOf', { name: label })}
            placeholder={say('form.name')}
            value={name}
            onChange={event => choose(event.currentTarget.value)}
          />
          <Adding
            label={label}
            add={() => {
              if (name && !(name in fields)) write({ ...fields, [name]: blank(form.root, item) })
              choose('')
            }}
          />
        </div>
      )}
    </Several>
  )
}

/** One of several ways to answer. */
function Variants(props: Question) {
  const { say } = useSpeech()
  const { form, part, value, change } = props
  const variants = (part.oneOf ?? part.anyOf ?? []).map(one => resolve(form.root, one))
  const [chosen, choose] = useState(() => variantOf(form.root, part, value))
  const variant = variants[chosen] ?? {}
  return (
    <Several {...props}>
      <NativeSelect
        aria-label={props.label}
        disabled={form.isStill}
        value={String(chosen)}
        data={variants.map((one, place) => ({
          value: String(place),
          label: one.title ?? say('form.variant', { n: place + 1 }),
        }))}
        onChange={event => {
          const place = Number(event.currentTarget.value)
          choose(place)
          change(blank(form.root, variants[place] ?? {}))
        }}
      />
      {shapeOf(variant) === 'fields' ? (
        <FieldsOf {...props} part={variant} />
      ) : (
        variant.const === undefined && (
          <Asked {...props} part={variant} label={variant.title ?? props.label} />
        )
      )}
    </Several>
  )
}

/** What has no field of its own is written as it is kept. */
function Json(props: Question) {
  const { say } = useSpeech()
  const { value, change } = props
  const [text, write] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)))
  const [isWrong, judge] = useState(false)
  const input = useInput(props)
  return (
    <Textarea
      {...input}
      dir="ltr"
      className="code"
      autosize
      minRows={3}
      maxRows={14}
      error={isWrong ? say('form.json') : input.error}
      value={text}
      onChange={event => {
        const text = event.currentTarget.value
        write(text)
        try {
          change(text.trim() === '' ? undefined : JSON.parse(text))
          judge(false)
        } catch {
          judge(true)
        }
      }}
    />
  )
}

function Removable(props: { label: string; remove?: () => void; children: ReactNode }) {
  return (
    <div className="removable">
      <div className="grow">{props.children}</div>
      {props.remove && (
        <Button variant="subtle" color="gray" size="xs" aria-label={props.label} onClick={props.remove}>
          <Trash2 size={15} aria-hidden />
        </Button>
      )}
    </div>
  )
}

function Adding({ label, add }: { label: string; add: () => void }) {
  const { say } = useSpeech()
  return (
    <div>
      <Button size="xs" variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={add}>
        {say('form.add', { name: label })}
      </Button>
    </div>
  )
}
