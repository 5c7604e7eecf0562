/** When a page cannot be shown, or there is none. */
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Trouble } from '../pieces/Answer'
import { Page } from '../pieces/Page'
import { useSpeech } from '../words'

export function Broken({ error }: { error: unknown }) {
  const { say } = useSpeech()
  return (
    <Page title={say('broken.title')}>
      <Trouble error={error instanceof Error ? error : new Error(String(error))}>
        <Button size="xs" variant="default" onClick={() => window.location.reload()}>
          {say('answer.again')}
        </Button>
      </Trouble>
    </Page>
  )
}

export function Away() {
  const { say } = useSpeech()
  return (
    <div className="alone">
      <main>
        <h1>{say('away.title')}</h1>
        <p className="quiet">{say('away.about')}</p>
        <p>
          <Link to="/">{say('away.home')}</Link>
        </p>
      </main>
    </div>
  )
}
