/** A question before something is done that others notice. */
import { Button, Modal } from '@mantine/core'
import type { UseMutationResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useSpeech } from '../words'
import { Trouble } from './Answer'

export function Confirm<T>(props: {
  isOpen: boolean
  close: () => void
  title: ReactNode
  go: string
  isGrave?: boolean
  isReady?: boolean
  does: UseMutationResult<T, Error, void>
  children: ReactNode
}) {
  const { say } = useSpeech()
  const { does, close, isReady = true } = props
  const done = () => {
    does.reset()
    close()
  }
  return (
    <Modal
      opened={props.isOpen}
      onClose={done}
      title={props.title}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault()
          does.mutate(undefined, { onSuccess: done })
        }}
      >
        {does.error && <Trouble error={does.error} />}
        {props.children}
        <div className="row">
          <Button
            type="submit"
            color={props.isGrave ? 'red' : undefined}
            loading={does.isPending}
            disabled={!isReady}
          >
            {props.go}
          </Button>
          <Button variant="default" onClick={done}>
            {say('answer.cancel')}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
