/** What the local channel received, as on a phone. */

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Inbox as InboxIcon } from 'lucide-react'
import { api, take } from '../api/client'
import { Empty, Trouble } from '../pieces/Answer'
import { usePages } from '../pieces/lists'
import { Page } from '../pieces/Page'
import { Said } from '../pieces/Said'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

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
              <Said document={entry.document} />
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
