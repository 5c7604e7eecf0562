/** One content. One that is not there yet begins empty. */
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, Refusal, take } from '../api/client'
import { fresh } from '../contents/content'
import { Editor } from '../contents/Editor'
import { Answer } from '../pieces/Answer'
import { Page } from '../pieces/Page'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Content() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { content: name } = useParams({ from: '/$shop/contents/$content' })
  const found = useQuery({
    queryKey: ['shop', shop.id, 'content', name],
    queryFn: async () => {
      // asked for in the list, because a new one is no mistake
      const { items } = await take(api.GET('/v1/contents', { params: { query: { limit: 200 } } }))
      const known = items.find(one => one.name === name)
      if (known || items.length < 200) return known ?? null
      return take(api.GET('/v1/contents/{name}', { params: { path: { name } } })).catch(error => {
        if (error instanceof Refusal && error.status === 404) return null
        throw error
      })
    },
    // What is being written is not overwritten by what was.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    gcTime: 0,
  })
  return (
    <Page title={name} about={say('contents.editorAbout')}>
      <Answer of={found}>
        {known => <Editor saved={known?.content ?? fresh(name)} revision={known?.revision ?? 0} />}
      </Answer>
    </Page>
  )
}
