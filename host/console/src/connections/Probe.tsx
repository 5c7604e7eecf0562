/** A harmless request with a connection's own credentials, and what the other side said to it. */
import { Alert, Button } from '@mantine/core'
import { CircleAlert, CircleCheck } from 'lucide-react'
import { api, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { useDoing } from '../plugins/plugin'
import { useSpeech } from '../words'
import { at, type Kind } from './connection'

export function Probe({ kind, name }: { kind: Kind; name: string }) {
  const { say } = useSpeech()
  const probed = useDoing(() => take(api.POST(`/v1/${kind}/{name}/probe`, at(name))))
  const { data } = probed
  return (
    <div className="stack">
      <p className="quiet small">{say('connections.probeAbout')}</p>
      <div>
        <Button variant="default" loading={probed.isPending} onClick={() => probed.mutate()}>
          {say('connections.probeNow')}
        </Button>
      </div>
      {probed.error && <Trouble error={probed.error} />}
      {data && (
        <Alert
          role="status"
          variant="light"
          color={data.works ? 'pine' : 'red'}
          icon={data.works ? <CircleCheck size={18} aria-hidden /> : <CircleAlert size={18} aria-hidden />}
          title={say(data.works ? 'connections.probeWorks' : 'connections.probeFails')}
        >
          <div className="stack tight">
            {data.words && (
              <p lang="en" dir="auto">
                {data.words}
              </p>
            )}
            {!data.works && <p>{say('connections.probeNext')}</p>}
          </div>
        </Alert>
      )}
    </div>
  )
}
