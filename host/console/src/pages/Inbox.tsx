/** What the local channel received, as on a phone. */

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Inbox as InboxIcon } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Empty, Trouble } from '../pieces/Answer'
import { usePages } from '../pieces/lists'
import { Page } from '../pieces/Page'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Said = { text?: string; image?: string; buttons?: { title?: string; url?: string }[] }

export function Inbox() {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const inbox = usePages(['inbox'], after =>
    take(api.GET('/v1/inbox', { params: { query: { after, limit: 30 } } })),
  )
  const items = inbox.data?.pages.flatMap(page => page.items)
  return (
    <Page title={say('nav.inbox')} about={say('inbox.about')}>
      {inbox.error && <Trouble error={inbox.error} />}
      <div className="phone">
        <div className="phone-bar">
          <bdi>{shop.name}</bdi>
        </div>
        <div className="phone-screen">
          {items?.length === 0 && <Empty icon={InboxIcon}>{say('overview.noneArrived')}</Empty>}
          {items?.map(entry => (
            <article key={entry.message}>
              <Words entry={entry} />
              <div className="row small quiet">
                <time dateTime={String(entry.at)}>{moment(entry.at, shop.time_zone)}</time>
                <Link to="/$shop/messages/$message" params={{ shop: shop.id, message: entry.message }}>
                  {say('inbox.why')}
                </Link>
              </div>
            </article>
          ))}
          {inbox.hasNextPage && (
            <Button
              variant="default"
              size="xs"
              loading={inbox.isFetchingNextPage}
              onClick={() => inbox.fetchNextPage()}
            >
              {say('list.more')}
            </Button>
          )}
        </div>
      </div>
    </Page>
  )
}

/** What plugins and templates made is shown as words; pictures are named, since nothing is loaded from elsewhere. */
function Words({ entry }: { entry: Schemas['InboxView'] }) {
  const { say } = useSpeech()
  const said = entry.document as Said
  return (
    <div className="bubble" dir="auto">
      {typeof said.text === 'string' ? said.text : JSON.stringify(entry.document)}
      {typeof said.image === 'string' && (
        <div className="small quiet">{say('inbox.picture', { address: said.image })}</div>
      )}
      {Array.isArray(said.buttons) &&
        said.buttons.map(button => (
          <div key={button.title} className="phone-button">
            {button.url && /^https?:\/\//.test(button.url) ? (
              <a href={button.url} rel="noreferrer nofollow" target="_blank">
                {button.title}
              </a>
            ) : (
              button.title
            )}
          </div>
        ))}
    </div>
  )
}
