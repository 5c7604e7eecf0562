/** What a plugin may do or wants to do, in plain words. */
import { Database, Globe, KeyRound, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { hostsOf } from '../connections/connection'
import { Tag } from '../pieces/Tag'
import { useSpeech } from '../words'
import type { Grants, Version } from './plugin'

const PERSONAL = ['customer.', 'contact.']
const CONNECTED = ['channel', 'source']

/** Everything that a version asks for, each with its own reason, and whether it was granted; or what it asks for within
 * a connection, with hosts and secrets as they are there. */
export function Asked({ version, within }: { version: Version; within?: { config: unknown; asked: Grants } }) {
  const { say, word } = useSpeech()
  const { grants, asks } = version
  const descriptor = within ? narrow(version, within) : version.descriptor
  const isConnected = CONNECTED.includes(version.kind)
  const state = (isGranted: boolean) =>
    isConnected ? null : (
      <Tag tone={isGranted ? 'good' : 'warn'}>{say(isGranted ? 'grants.yes' : 'grants.no')}</Tag>
    )
  const isNothing = !descriptor.facts.length && !descriptor.hosts.length && !descriptor.secrets.length
  if (isNothing) return <p className="quiet">{say('grants.nothing')}</p>
  return (
    <div className="stack">
      {isConnected && !within && <p className="quiet">{say('grants.byConnection')}</p>}
      <ul className="plain asked">
        {descriptor.facts.map(need => (
          <Need
            key={need.fact}
            icon={Database}
            what={word('factOf', need.fact.split('.')[0] ?? '')}
            code={need.fact}
            why={need.why}
            side={state(isFactGranted(grants, need.fact, need.within_days))}
          >
            {need.within_days
              ? say('grants.days', { n: need.within_days })
              : asks.within_days && need.fact in asks.within_days && say('grants.always')}
            {PERSONAL.some(prefix => need.fact.startsWith(prefix)) && <Tag>{say('grants.personal')}</Tag>}
          </Need>
        ))}
        {descriptor.hosts.map(need => (
          <Need
            key={`${need.host}${need.path_prefix}`}
            icon={Globe}
            what={say('grants.host')}
            code={`${need.methods.join(' ')} ${need.host}${need.path_prefix}`}
            why={need.why}
            side={state(
              grants.hosts.some(one => one.host === need.host && one.path_prefix === need.path_prefix),
            )}
          />
        ))}
        {descriptor.secrets.map(need => (
          <Need
            key={need.name}
            icon={KeyRound}
            what={say('grants.secret', { name: need.title })}
            code={need.name}
            why={need.why}
            side={state(grants.secrets.includes(need.name))}
          />
        ))}
      </ul>
    </div>
  )
}

function narrow(version: Version, within: { config: unknown; asked: Grants }) {
  const { descriptor } = version
  return {
    ...descriptor,
    hosts: hostsOf(version, within.config),
    secrets: descriptor.secrets.filter(need => within.asked.secrets.includes(need.name)),
  }
}

/** A grant of a whole interface holds for each of its facts, as far back as it goes. */
function isFactGranted(grants: Grants, fact: string, days?: number | null): boolean {
  const by = [fact, `${fact.split('.')[0]}.*`].find(one => grants.facts.includes(one))
  const most = by === undefined ? 0 : (grants.within_days?.[by] ?? Infinity)
  return by !== undefined && (days ?? 0) <= most
}

function Need(props: {
  icon: LucideIcon
  what: string
  code: string
  why: string
  side: ReactNode
  children?: ReactNode
}) {
  const { icon: Icon } = props
  return (
    <li>
      <Icon size={18} strokeWidth={1.7} aria-hidden />
      <div className="grow stack tight">
        <div className="row">
          <strong>{props.what}</strong>{' '}
          {props.children && <span className="small quiet row">{props.children}</span>}
        </div>
        <div>
          <bdi>“{props.why}”</bdi>
        </div>
        <div className="code quiet">{props.code}</div>
      </div>
      {props.side}
    </li>
  )
}
