/** The blocks of a mail: put in, filled in, and moved by hand or by key. The MJML beside says the same. */
import { ActionIcon, Button, Textarea, TextInput } from '@mantine/core'
import { ArrowDown, ArrowUp, GripVertical, Plus, Trash2 } from 'lucide-react'
import { useRef, useState } from 'react'
import { useSpeech } from '../../words'
import { type Block, blank, fieldsOf, KINDS, type Kind, moved, read, write } from './blocks'

/** They take more than one line. */
const LONG = ['text', 'left', 'right']

export default function Blocks(props: { source: string; change: (source: string) => void; isStill: boolean }) {
  const { say, word } = useSpeech()
  const { source, change, isStill } = props
  const [dragged, drag] = useState<number>()
  const list = useRef<HTMLOListElement>(null)
  const blocks = read(source)
  if (!blocks) {
    return <p className="quiet small">{say('mail.byHand')}</p>
  }
  const put = (next: Block[]) => change(next.length > 0 ? write(next) : '')
  const add = (kind: Kind) => {
    put([...blocks, blank(kind, { unsubscribe: say('mail.unsubscribe') })])
    // the new one is there after this
    requestAnimationFrame(() => list.current?.lastElementChild?.querySelector<HTMLElement>('input, textarea')?.focus())
  }
  const fill = (place: number, name: string, text: string) =>
    put(blocks.map((one, at) => (at === place ? { ...one, fields: { ...one.fields, [name]: text } } : one)))
  return (
    <section className="stack" aria-label={say('mail.blocks')}>
      <p className="quiet small">{say('mail.about')}</p>
      <ol className="blocks" ref={list}>
        {blocks.map((block, place) => {
          const name = `${word('mailBlock', block.kind)} ${place + 1}`
          return (
            <li
              // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place, and holds nothing else
              key={place}
              aria-label={name}
              className={dragged === place ? 'block dragged' : 'block'}
              onDragOver={event => dragged !== undefined && event.preventDefault()}
              onDrop={event => {
                event.preventDefault()
                if (dragged !== undefined) put(moved(blocks, dragged, place))
                drag(undefined)
              }}
            >
              <div className="row">
                {!isStill && (
                  <span
                    className="block-grip"
                    draggable
                    aria-hidden
                    onDragStart={event => {
                      event.dataTransfer.effectAllowed = 'move'
                      event.dataTransfer.setData('text/plain', name)
                      drag(place)
                    }}
                    onDragEnd={() => drag(undefined)}
                  >
                    <GripVertical size={16} />
                  </span>
                )}
                <strong className="block-name">{word('mailBlock', block.kind)}</strong>
                {!isStill && (
                  <>
                    <ActionIcon
                      variant="subtle"
                      aria-label={say('mail.up', { name })}
                      disabled={place === 0}
                      onClick={() => put(moved(blocks, place, place - 1))}
                    >
                      <ArrowUp size={16} aria-hidden />
                    </ActionIcon>
                    <ActionIcon
                      variant="subtle"
                      aria-label={say('mail.down', { name })}
                      disabled={place === blocks.length - 1}
                      onClick={() => put(moved(blocks, place, place + 1))}
                    >
                      <ArrowDown size={16} aria-hidden />
                    </ActionIcon>
                    <ActionIcon
                      variant="subtle"
                      color="red"
                      aria-label={say('mail.remove', { name })}
                      onClick={() => put(blocks.filter((_, at) => at !== place))}
                    >
                      <Trash2 size={16} aria-hidden />
                    </ActionIcon>
                  </>
                )}
              </div>
              {fieldsOf(block.kind).map(field => {
                const Field = LONG.includes(field) ? Textarea : TextInput
                return (
                  <Field
                    key={field}
                    label={word('mailField', field)}
                    value={block.fields[field] ?? ''}
                    disabled={isStill}
                    dir="auto"
                    onChange={event => fill(place, field, event.currentTarget.value)}
                  />
                )
              })}
            </li>
          )
        })}
      </ol>
      {!isStill && (
        <div className="row" role="group" aria-label={say('mail.add')}>
          {KINDS.map(kind => (
            <Button
              key={kind}
              size="xs"
              variant="default"
              leftSection={<Plus size={14} aria-hidden />}
              onClick={() => add(kind)}
            >
              {word('mailBlock', kind)}
            </Button>
          ))}
        </div>
      )}
    </section>
  )
}
