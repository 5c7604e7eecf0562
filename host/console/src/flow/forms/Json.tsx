/** A value as JSON; only what can be read is taken. */
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { useSpeech } from '../../words'

export function Json(props: {
  label: string
  about?: string
  value: unknown
  change: (value: unknown) => void
}) {
  const { say } = useSpeech()
  const [text, type] = useState(props.value === undefined ? '' : JSON.stringify(props.value, null, 2))
  const [isWrong, judge] = useState(false)
  return (
    <Textarea
      label={props.label}
      description={props.about}
      autosize
      minRows={2}
      dir="ltr"
      classNames={{ input: 'code' }}
      value={text}
      error={isWrong ? say('flow.noJson') : undefined}
      onChange={event => {
        const text = event.currentTarget.value
        type(text)
        try {
          props.change(text.trim() === '' ? undefined : JSON.parse(text))
          judge(false)
        } catch {
          judge(true)
        }
      }}
    />
  )
}
