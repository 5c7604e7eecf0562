/** Who did what to a plugin, newest first. */
import { ScrollText } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Pages, usePages } from '../pieces/lists'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Entry = Schemas['AuditEntry']

export function Audit({ name }: { name: string }) {
  const { moment } = useSpeech()
  const { shop } = useVisit()
  const sentence = useSentence()
  const entries = usePages(['plugins', name, 'audit'], after =>
    take(api.GET('/v1/plugins/{name}/audit', { params: { path: { name }, query: { after, limit: 50 } } })),
  )
  return (
    <Pages
      of={entries}
      icon={ScrollText}
      empty="plugins.noAudit"
      idOf={entry => entry.id}
      columns={[
        ['plugins.when', entry => <span className="nowrap">{moment(entry.at, shop.time_zone)}</span>],
        ['plugins.who', entry => <bdi>{entry.by}</bdi>],
        ['plugins.what', entry => <span>{sentence(entry)}</span>],
      ]}
    />
  )
}

function useSentence() {
  const { say, word } = useSpeech()
  return (entry: Entry): string => {
    switch (entry.did) {
      case 'uploaded':
        return say('pluginDid.uploaded', { version: entry.version })
      case 'asked_for_more':
        return say('pluginDid.asked_for_more', { names: entry.missing.join(', ') })
      case 'granted': {
        const { facts, hosts, secrets } = entry.grants
        const names = [...facts, ...hosts.map(one => one.host), ...secrets]
        return say('pluginDid.granted', { names: names.join(', ') || '–' })
      }
      case 'moved': {
        const stages = say('pluginDid.moved', {
          from: word('stage', entry.from.stage),
          to: word('stage', entry.to.stage),
        })
        return entry.why ? `${stages} “${entry.why}”` : stages
      }
      case 'killed':
        return say('pluginDid.killed', { why: entry.why })
      case 'limited':
        return say('pluginDid.limited', {
          limits:
            Object.entries(entry.limits)
              .map(([name, value]) => `${word('limit', name)} ${value}`)
              .join(', ') || '–',
        })
      case 'breaker_opened':
        return say('pluginDid.breaker_opened', { failures: entry.failures, subjects: entry.subjects })
      default:
        return word('pluginDid', entry.did)
    }
  }
}
