/** Earlier revisions that published strategies still say, and the newest in their place (S28). */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Replace } from 'lucide-react'
import { useState } from 'react'
import { api, take } from '../api/client'
import { Confirm } from '../pieces/Confirm'
import { useDoing } from '../plugins/plugin'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Replacing({ name, revision }: { name: string; revision: number }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [isAsking, ask] = useState(false)
  const params = { path: { name } }
  const found = useQuery({
    queryKey: ['shop', shop.id, 'replacing', name, revision],
    queryFn: () => take(api.GET('/v1/contents/{name}/replace', { params })),
    staleTime: 0,
  })
  const replacing = useDoing(() => take(api.POST('/v1/contents/{name}/replace', { params, body: { revision } })))
  const places = found.data?.versions ?? []
  if (places.length === 0 && !isAsking) return null
  return (
    <section className="row" aria-label={say('contents.replace')}>
      <p className="quiet small">{say('contents.replaceAbout', { n: found.data?.waiting ?? 0 })}</p>
      <Button variant="default" leftSection={<Replace size={16} aria-hidden />} onClick={() => ask(true)}>
        {say('contents.replace')}
      </Button>
      <Confirm
        isOpen={isAsking}
        close={() => ask(false)}
        title={say('contents.replaceTitle', { n: revision })}
        go={say('contents.replace')}
        does={replacing}
      >
        <p>{say('contents.replaceAsk')}</p>
        <ul>
          {places.map(({ strategy, name, version, waiting }) => (
            <li key={`${strategy} ${version}`}>{say('contents.replacePlace', { name, n: version, waiting })}</li>
          ))}
        </ul>
      </Confirm>
    </section>
  )
}
