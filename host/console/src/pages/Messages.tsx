/** Every message that was decided, newest first: where it stands, and why. */
import { Link } from '@tanstack/react-router'
import { Send } from 'lucide-react'
import { api, take } from '../api/client'
import { Card } from '../pieces/Card'
import { Pages, usePages } from '../pieces/lists'
import { CustomerLink } from '../pieces/names'
import { Page } from '../pieces/Page'
import { MessageState, useMessageReason } from '../pieces/states'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Messages() {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const reasonOf = useMessageReason()
  const messages = usePages(['messages'], after =>
    take(api.GET('/v1/messages', { params: { query: { after, limit: 50 } } })),
  )
  return (
    <Page title={say('nav.messages')} about={say('messages.about')}>
      <Card flush>
        <Pages
          of={messages}
          icon={Send}
          empty="messages.none"
          idOf={message => message.id}
          columns={[
            [
              'message.decided',
              message => (
                <span className="nowrap">
                  <Link to="/$shop/messages/$message" params={{ shop: shop.id, message: message.id }}>
                    {moment(message.created_at, shop.time_zone)}
                  </Link>
                </span>
              ),
            ],
            ['message.customer', message => <CustomerLink id={message.customer} />],
            ['message.channel', message => <bdi>{message.channel}</bdi>],
            ['message.content', message => <bdi>{message.content}</bdi>],
            [
              'message.state',
              message => (
                <span>
                  <MessageState message={message} /> <span className="quiet small">{reasonOf(message)}</span>
                </span>
              ),
            ],
          ]}
        />
      </Card>
    </Page>
  )
}
