/** What only people can put right, while it stands; nothing where nothing is wrong. */
import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { api, type Schemas, take } from '../api/client'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'
import { HeldStep, HeldWords } from './Told'

export function Alerts() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const alerts = useQuery({
    queryKey: ['shop', shop.id, 'alerts'],
    queryFn: () => take(api.GET('/v1/alerts', { params: { query: { limit: 20 } } })),
    refetchInterval: 10_000,
  })
  const standing = alerts.data?.items.filter(alert => !alert.closed_at) ?? []
  if (standing.length === 0) return null
  return (
    <section className="stack tight" aria-label={say('alerts.title')}>
      {standing.map(alert => (
        <Standing key={alert.id} alert={alert} />
      ))}
    </section>
  )
}

/** One that stands: the cause, in the words of the other side where there are any, and what to do. */
export function Standing({ alert, children }: { alert: Schemas['AlertView']; children?: ReactNode }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  return (
    <Alert
      color="red"
      variant="light"
      icon={<TriangleAlert aria-hidden />}
      title={say(`alert.${alert.cause}` as Key, { about: alert.about })}
    >
      <p>
        <HeldWords of={alert} />
      </p>
      <p>
        <HeldStep of={alert} />
      </p>
      <p className="small">{say('alerts.since', { at: moment(alert.opened_at, shop.time_zone) })}</p>
      {children}
    </Alert>
  )
}
