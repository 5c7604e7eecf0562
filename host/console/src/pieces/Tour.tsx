/** What to try first in the demo; whoever has seen it closes it for good. */
import { CloseButton } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { Card } from './Card'

const CLOSED = 'cartwright-tour-closed'

export function Tour() {
  const { say } = useSpeech()
  const { shop, mode } = useVisit()
  const [isClosed, close] = useState(() => localStorage.getItem(CLOSED) !== null)
  if (mode !== 'demo' || isClosed) return null
  const of = { shop: shop.id }
  return (
    <Card
      title={say('tour.title')}
      side={
        <CloseButton
          aria-label={say('tour.close')}
          onClick={() => {
            localStorage.setItem(CLOSED, '')
            close(true)
          }}
        />
      }
    >
      <ol className="tour">
        <li>{say('tour.skip')}</li>
        <li>
          <Link to="/$shop/inbox" params={of}>
            {say('tour.inbox')}
          </Link>
        </li>
        <li>
          <Link to="/$shop/customers" params={of}>
            {say('tour.why')}
          </Link>
        </li>
        <li>
          <Link to="/$shop/strategies" params={of}>
            {say('tour.change')}
          </Link>
        </li>
        <li>
          <Link to="/$shop/plugins" params={of}>
            {say('tour.plugin')}
          </Link>
        </li>
      </ol>
    </Card>
  )
}
