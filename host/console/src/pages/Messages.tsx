/** Every message that was decided, newest first: where it stands, and why. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Send } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Card } from '../pieces/Card'
import { beginning, end } from '../pieces/days'
import { Days, OfStep, OfStrategy, OfVersion, OneOf } from '../pieces/filters'
import { Pages, usePages } from '../pieces/lists'
import { Listening } from '../pieces/Listening'
import { CustomerLink } from '../pieces/names'
import { Page } from '../pieces/Page'
import { MessageState, useMessageReason } from '../pieces/states'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type State = Schemas['MessageView']['state']

/** States that a message is listed by, with the list of words of its reasons. */
const STATES: [State, 'skip' | 'hold' | 'rejection' | null][] = [
  ['queued', null],
  ['held', 'hold'],
  ['handed_over', null],
  ['accepted', null],
  ['uncertain', null],
  ['rejected', 'rejection'],
  ['skipped', 'skip'],
  ['held_out', null],
]

export function Messages() {
  const { say, word, list, moment } = useSpeech()
  const search = useSearch({ from: '/$shop/messages' })
  const { state, reason, strategy, version, step, from, until } = search
  const navigate = useNavigate({ from: '/$shop/messages' })
  const narrow = (to: typeof search) => navigate({ search: before => ({ ...before, ...to }), replace: true })
  const { shop } = useVisit()
  const reasonOf = useMessageReason()
  const days = { from: beginning(from, shop.time_zone), until: end(until, shop.time_zone) }
  const messages = usePages(['messages', state, reason, strategy, version, step, from, until], after =>
    take(
      api.GET('/v1/messages', {
        params: { query: { after, limit: 50, state, reason, strategy, version, step, ...days } },
      }),
    ),
  )
  const reasons = STATES.find(([one]) => one === state)?.[1]
  return (
    <Page
      title={say('nav.messages')}
      about={say('messages.about')}
      actions={<Listening list="messages" />}
    >
      <search className="row">
        <OneOf
          label="message.state"
          any="filter.everyState"
          value={state}
          options={STATES.map(([value]) => ({ value, label: word('messageState', value) }))}
          choose={state => narrow({ state: state as State | undefined, reason: undefined })}
        />
        {reasons && (
          <OneOf
            label="filter.reason"
            any="filter.everyReason"
            value={reason}
            options={list(reasons).map(value => ({ value, label: word(reasons, value) }))}
            choose={reason => narrow({ reason })}
          />
        )}
        <OfStrategy
          value={strategy}
          choose={strategy => narrow({ strategy, version: undefined, step: undefined })}
        />
        {strategy && (
          <OfVersion strategy={strategy} value={version} choose={version => narrow({ version })} />
        )}
        {strategy && <OfStep strategy={strategy} value={step} choose={step => narrow({ step })} />}
        <Days from={from} until={until} choose={narrow} />
      </search>
      <Card flush>
        <Pages
          of={messages}
          icon={Send}
          empty={Object.values(search).some(Boolean) ? 'filter.none' : 'messages.none'}
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
