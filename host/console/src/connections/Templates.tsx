/** The templates that a channel's provider approves: where each stands, why, and what to do (S17). */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { FileCheck, RefreshCw } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Tag, type Tone } from '../pieces/Tag'
import { useDoing } from '../plugins/plugin'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { at, type Connection } from './connection'
import { NewTemplate } from './NewTemplate'

type Template = Schemas['TemplateView']

const TONES: Record<Template['state'], Tone> = { approved: 'good', pending: 'warn', paused: 'bad', rejected: 'bad' }

export function Templates({ connection }: { connection: Connection }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const { name } = connection
  const found = useQuery({
    queryKey: ['shop', shop.id, 'templates', name],
    queryFn: () => take(api.GET('/v1/channels/{name}/templates', at(name))),
    refetchInterval: 15_000,
  })
  const asked = useDoing(() => take(api.POST('/v1/channels/{name}/templates/sync', at(name))))
  return (
    <Card
      title={say('templates.title')}
      side={
        <div className="row">
          <NewTemplate connection={connection} />
          {may(shop, 'integrate') && (
            <Button
              size="xs"
              variant="default"
              leftSection={<RefreshCw size={14} aria-hidden />}
              loading={asked.isPending}
              onClick={() => asked.mutate()}
            >
              {say('templates.askAgain')}
            </Button>
          )}
        </div>
      }
    >
      <div className="stack">
        {asked.error && <Trouble error={asked.error} />}
        <Answer of={found}>
          {({ items, listed_at: listedAt, trouble }) => (
            <>
              {trouble && (
                <p role="status">
                  {say('templates.trouble')}{' '}
                  <bdi lang="en" className="small">
                    {trouble}
                  </bdi>
                </p>
              )}
              {items.length === 0 ? (
                <Empty icon={FileCheck}>{say(listedAt == null ? 'templates.never' : 'templates.none')}</Empty>
              ) : (
                <ul className="plain lines">
                  {items.map(one => (
                    <li key={`${one.name} ${one.locale}`}>
                      <Standing name={one.name} template={one} />
                    </li>
                  ))}
                </ul>
              )}
              {listedAt != null && (
                <p className="quiet small">
                  {say('templates.listed', { at: moment(listedAt, shop.time_zone) })}
                </p>
              )}
            </>
          )}
        </Answer>
      </div>
    </Card>
  )
}

/** Where a template stands; one that the provider does not know has no more than its name. */
export function Standing({ name, template }: { name: string; template?: Template | null }) {
  const { word } = useSpeech()
  const state = template?.state ?? 'missing'
  return (
    <>
      <div className="grow stack tight">
        <strong>
          <bdi>{template?.title ?? name}</bdi>
        </strong>
        <span className="quiet small" dir="ltr">
          {[template?.title && name, template?.locale].filter(Boolean).join(' · ')}
        </span>
        {template?.words && (
          <bdi lang="en" className="small">
            {template.words}
          </bdi>
        )}
        {state !== 'approved' && <span className="small">{word('templateNext', state)}</span>}
      </div>
      <Tag tone={template ? TONES[template.state] : 'bad'}>{word('templateState', state)}</Tag>
    </>
  )
}
