/** What became of a test. */
import { Alert } from '@mantine/core'
import { CircleAlert, CircleCheck } from 'lucide-react'
import type { Schemas } from '../api/client'
import { useSpeech } from '../words'

type Sent = Schemas['TestSendView']

const COLORS = { accepted: 'pine', handed_over: 'yellow', rejected: 'red', uncertain: 'yellow' } as const

/** In the provider's words, with what to do. */
export function Outcome({ of }: { of: Sent }) {
  const { say, word } = useSpeech()
  const isSent = of.state === 'accepted'
  const reason = 'class' in of ? word('rejection', of.class as string) : ''
  const titles = {
    accepted: say('tests.accepted', { to: of.to.value }),
    handed_over: say('tests.uncertain'),
    rejected: say('tests.rejected', { reason }),
    uncertain: say('tests.uncertain'),
  }
  return (
    <Alert
      role="status"
      variant="light"
      color={COLORS[of.state]}
      icon={isSent ? <CircleCheck size={18} aria-hidden /> : <CircleAlert size={18} aria-hidden />}
      title={titles[of.state]}
    >
      <div className="stack tight">
        {of.answer && (
          <p lang="en" dir="auto">
            {of.answer.text} {of.answer.code && <span className="code">{of.answer.code}</span>}
          </p>
        )}
        {of.next_step && (
          <p lang="en" dir="auto">
            {of.next_step}
          </p>
        )}
      </div>
    </Alert>
  )
}
