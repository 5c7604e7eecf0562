/** The clock of the demo, and the way ahead: a skip equals waiting. */
import { Button, NativeSelect } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { FastForward } from 'lucide-react'
import { useState } from 'react'
import { api, take } from '../api/client'
import { openSession, queries, sessionQuery } from '../session'
import { useSpeech } from '../words'
import { useVisit } from './shop'

const SPANS = ['1h', '4h', '1d', '3d'] as const

export function DemoClock() {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const [span, choose] = useState<string>('4h')
  const clock = useQuery({
    queryKey: ['clock'],
    queryFn: () => take(api.GET('/v1/demo/clock')),
    refetchInterval: 10_000,
  })
  const skip = useMutation({
    mutationFn: () => take(api.POST('/v1/demo/skip', { body: { by: span } })),
    onSuccess: async () => {
      // The session ends by the same clock: after weeks it has to be begun anew.
      await queries.invalidateQueries({ queryKey: sessionQuery.queryKey })
      await openSession()
      await queries.invalidateQueries()
    },
  })
  return (
    <section className="clock" aria-label={say('clock.title')}>
      <div className="small quiet">{say('clock.title')}</div>
      <div className="clock-now">{clock.data ? moment(clock.data.now, shop.time_zone) : '…'}</div>
      <div className="row">
        <NativeSelect
          size="xs"
          aria-label={say('clock.by')}
          value={span}
          onChange={event => choose(event.currentTarget.value)}
          data={SPANS.map(value => ({ value, label: say(`clock.${value}`) }))}
        />
        <Button
          size="xs"
          variant="default"
          loading={skip.isPending}
          leftSection={<FastForward className="mirrored" size={14} aria-hidden />}
          onClick={() => skip.mutate()}
        >
          {say('clock.skip')}
        </Button>
      </div>
    </section>
  )
}
