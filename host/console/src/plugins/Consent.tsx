/** Saying yes or no to what a version asks for: everything in plain words before anything is granted. */
import { Button, Modal } from '@mantine/core'
import { api, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { useSpeech } from '../words'
import { Asked } from './Asked'
import { useDoing, type Version } from './plugin'

export function Consent({
  version,
  isOpen,
  close,
}: {
  version: Version
  isOpen: boolean
  close: () => void
}) {
  const { say, word } = useSpeech()
  const path = { digest: version.digest }
  const granted = useDoing(() =>
    take(api.POST('/v1/plugins/{digest}/grants', { params: { path }, body: version.asks })),
  )
  const refused = useDoing(() =>
    take(
      api.POST('/v1/plugins/{digest}/promote', {
        params: { path },
        body: { to: 'retired', percent: null, why: null },
      }),
    ),
  )
  const then = version.stage === 'waiting' ? version.then.stage : undefined
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      size="lg"
      title={say('consent.title', { name: version.descriptor.title, version: version.version })}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <div className="stack">
        {granted.error && <Trouble error={granted.error} />}
        {refused.error && <Trouble error={refused.error} />}
        <p>{say('consent.about')}</p>
        <Asked version={version} />
        <ul className="quiet small promises">
          <li>{say('consent.never')}</li>
          <li>{say('consent.taken')}</li>
        </ul>
        {then && <p>{say('consent.then', { stage: word('stage', then) })}</p>}
        <div className="row">
          <Button loading={granted.isPending} onClick={() => granted.mutate(undefined, { onSuccess: close })}>
            {say('consent.grant')}
          </Button>
          {version.stage === 'waiting' && (
            <Button
              variant="default"
              loading={refused.isPending}
              onClick={() => refused.mutate(undefined, { onSuccess: close })}
            >
              {say('consent.refuse')}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  )
}
