/** Which kind of step is put there? */
import { Modal } from '@mantine/core'
import { useSpeech } from '../words'
import { KINDS } from './blanks'
import type { Kind } from './document'
import { ICONS } from './StepCard'

export function Palette(props: { opened: boolean; close: () => void; choose: (kind: Kind) => void }) {
  const { say, word } = useSpeech()
  return (
    <Modal
      opened={props.opened}
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
