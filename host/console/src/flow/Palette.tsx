/** Which kind of step is put there? */
import { Modal } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useSpeech } from '../words'
import { KINDS } from './blanks'
import type { Kind } from './document'
import { ICONS } from './StepCard'

export function Palette(props: { opened: boolean; close: () => void; choose: (kind: Kind) => void }) {
  const { say, word } = useSpeech()
  // It is fetched when it is first asked for. Whoever asked gets the focus back, which the dialog remembers as it opens.
  const [opened, open] = useState(false)
  useEffect(() => open(props.opened), [props.opened])
  return (
    <Modal
      opened={opened}
      onClose={props.close}
      size="lg"
      title={say('flow.add')}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <ul className="plain flow-palette">
        {KINDS.map(kind => {
          const Icon = ICONS[kind]
          return (
            <li key={kind}>
              <button type="button" onClick={() => props.choose(kind)}>
                <Icon size={18} strokeWidth={1.8} aria-hidden />
                <span>
                  <b>{word('flowKind', kind)}</b>
                  <span className="quiet small">{word('flowKindAbout', kind)}</span>
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </Modal>
  )
}
