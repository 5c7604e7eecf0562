/** A line that is meant for somewhere else, with a button that copies it, and what it is for. */
import { Button, CopyButton } from '@mantine/core'
import { Check, Copy } from 'lucide-react'
import { useSpeech } from '../words'

export function CopyLine({ line, about, name }: { line: string; about: string; name?: string }) {
  const { say } = useSpeech()
  return (
    <div className="stack tight">
      <div className="copy">
        <span className="code" dir="ltr">
          {line}
        </span>
        <CopyButton value={line}>
          {({ copied, copy }) => (
            <Button
              size="xs"
              variant="default"
              onClick={copy}
              leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
            >
              {say(copied ? 'answer.copied' : 'answer.copy')} {name && <span className="unseen">{name}</span>}
            </Button>
          )}
        </CopyButton>
      </div>
      <p className="quiet small">{about}</p>
    </div>
  )
}
