/** What messages say: every content with the channels and languages that it speaks. */
import { Button, Modal, TextInput } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { FileText, Plus } from 'lucide-react'
import { useState } from 'react'
import { api, take } from '../api/client'
import { Card } from '../pieces/Card'
import { Pages, usePages } from '../pieces/lists'
import { Page } from '../pieces/Page'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Contents() {
  const { say, word, number } = useSpeech()
  const { shop } = useVisit()
  const [isNaming, begin] = useState(false)
  const contents = usePages(['contents'], after =>
    take(api.GET('/v1/contents', { params: { query: { after, limit: 50 } } })),
  )
  return (
    <Page
      title={say('nav.contents')}
      about={say('contents.about')}
      actions={
        may(shop, 'edit') && (
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => begin(true)}>
            {say('contents.new')}
          </Button>
        )
      }
    >
      <Card flush>
        <Pages
          of={contents}
          icon={FileText}
          empty="contents.none"
          idOf={one => one.name}
          columns={[
            [
              'contents.name',
              one => (
                <Link to="/$shop/contents/$content" params={{ shop: shop.id, content: one.name }}>
                  <bdi>{one.name}</bdi>
                </Link>
              ),
            ],
            ['message.purpose', one => word('purpose', one.content.purpose ?? 'marketing')],
            [
              'contents.channels',
              one => <bdi>{[...new Set(one.content.variants.map(one => one.channel))].join(' · ')}</bdi>,
            ],
            [
              'contents.languages',
              one => (
                <bdi>
                  {[...new Set(one.content.variants.map(of => of.locale ?? one.content.default_locale))].join(
                    ' · ',
                  )}
                </bdi>
              ),
            ],
            ['contents.revisions', one => number(one.revision)],
          ]}
        />
      </Card>
      <Naming isOpen={isNaming} close={() => begin(false)} />
    </Page>
  )
}

function Naming({ isOpen, close }: { isOpen: boolean; close: () => void }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const [name, choose] = useState('')
  const navigate = useNavigate()
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      title={say('contents.new')}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault()
          navigate({ to: '/$shop/contents/$content', params: { shop: shop.id, content: name.trim() } })
        }}
      >
        <TextInput
          label={say('contents.name')}
          description={say('contents.nameAbout')}
          value={name}
          onChange={event => choose(event.currentTarget.value)}
        />
        <Button type="submit" disabled={!name.trim()}>
          {say('contents.write')}
        </Button>
      </form>
    </Modal>
  )
}
