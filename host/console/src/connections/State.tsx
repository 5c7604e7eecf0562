/** Whether a channel or source works, in a word. */
import { Tag } from '../pieces/Tag'
import { useSpeech } from '../words'
import type { Connection } from './connection'

export function ConnectionState({ connection }: { connection: Connection }) {
  const { say } = useSpeech()
  const { held } = connection
  const isTroubled = Object.values(connection.tasks ?? {}).some(task => task.trouble)
  if (held) return <Tag tone="warn">{say('connections.held')}</Tag>
  const isShort = connection.senders?.some(sender => sender.held)
  if (isShort) return <Tag tone="warn">{say('senders.someHeld')}</Tag>
  if (isTroubled) return <Tag tone="warn">{say('connections.troubled')}</Tag>
  return <Tag tone="good">{say('connections.ready')}</Tag>
}
