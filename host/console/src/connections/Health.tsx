/** How a source is: what it is asked and when it last answered, and how far its past was read. */
import { Button } from '@mantine/core'
import { api, type Schemas, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Tag } from '../pieces/Tag'
import { useDoing } from '../plugins/plugin'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { at, type Connection } from './connection'

type Task = Schemas['TaskState']

export function Health({ connection }: { connection: Connection }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const tasks = Object.entries((connection.tasks ?? {}) as Record<string, Task>)
  const { heard_at: heardAt } = connection
  return (
    <Card title={say('connections.health')}>
      <div className="stack">
        {heardAt && (
          <p>
            {say('connections.heard')}: {moment(heardAt, shop.time_zone)}
          </p>
        )}
        {tasks.length === 0 ? (
          <p className="quiet">{say('connections.onlyTells')}</p>
        ) : (
          <ul className="plain lines">
            {tasks.map(([name, task]) => (
              <Done key={name} name={name} task={task} />
            ))}
          </ul>
        )}
        {!!connection.topics?.length && (
          <p className="small">
            {say('connections.topics')}{' '}
            <span className="code" dir="ltr">
              {connection.topics.join(', ')}
            </span>
          </p>
        )}
        {'backfill' in (connection.tasks ?? {}) && <Past connection={connection} />}
      </div>
    </Card>
  )
}

function Done({ name, task }: { name: string; task: Task }) {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const { trouble } = task
  const when = (at: string | number | null | undefined) => (at == null ? '–' : moment(at, shop.time_zone))
  return (
    <li>
      <div className="grow stack tight">
        <strong>{word('sourceTask', name)}</strong>
        <span className="quiet small">
          {say('connections.lastWell', { at: when(task.succeeded_at) })}
          {task.due_at != null && ` · ${say('connections.nextAt', { at: when(task.due_at) })}`}
        </span>
        {trouble && (
          <div className="small">
            {word('trouble', trouble.kind)}{' '}
            <span lang="en" dir="auto">
              {trouble.text}
              {trouble.code && ` (${trouble.code})`}
            </span>
          </div>
        )}
      </div>
      {trouble ? (
        <Tag tone="warn">{say('connections.troubled')}</Tag>
      ) : (
        task.succeeded_at != null && <Tag tone="good">{say('connections.wentWell')}</Tag>
      )}
    </li>
  )
}

/** What was there before the source was connected. */
function Past({ connection }: { connection: Connection }) {
  const { say, word, number, moment } = useSpeech()
  const { shop } = useVisit()
  const { backfill } = connection
  const read = useDoing(() => take(api.POST('/v1/sources/{name}/backfill', at(connection.name))))
  const counts = Object.entries(backfill?.records ?? {})
  return (
    <div className="stack tight">
      <h3>{say('connections.past')}</h3>
      {backfill && (
        <p>
          {backfill.reading
            ? say('connections.reading', { what: word('backfill', backfill.reading) })
            : backfill.ended_at != null &&
              say('connections.readAll', { at: moment(backfill.ended_at, shop.time_zone) })}
        </p>
      )}
      {counts.length > 0 && (
        <p className="quiet">
          {counts.map(([kind, count]) => `${word('backfill', kind)}: ${number(count)}`).join(' · ')}
        </p>
      )}
      {read.error && <Trouble error={read.error} />}
      {may(shop, 'integrate') && !backfill?.reading && (
        <div>
          <Button size="xs" variant="default" loading={read.isPending} onClick={() => read.mutate()}>
            {say('connections.readPast')}
          </Button>
        </div>
      )}
    </div>
  )
}
