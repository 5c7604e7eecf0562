/** Channels and sources of the shop, and what the plugin of one may do there. */
import { useQuery } from '@tanstack/react-query'
import { api, type Schemas, take } from '../api/client'
import type { Grants, Version } from '../plugins/plugin'
import { useVisit } from '../shell/shop'

export type Connection = Schemas['ConnectionView']
export type Settings = Schemas['ConnectionSettings']
export type Sender = Schemas['Sender']
export type SenderSettings = Schemas['SenderSettings']
export type Kind = 'channels' | 'sources'
export const KINDS: Kind[] = ['channels', 'sources']
export const isKind = (text: string): text is Kind => KINDS.some(kind => kind === text)
export const pluginKindOf = (kind: Kind) => (kind === 'channels' ? 'channel' : 'source')

export const at = (name: string) => ({ params: { path: { name } } })

/** What a channel or source is saved with to stay as it is. */
export function settingsOf(connection: Connection): Settings {
  const { plugin, config, grants, window = null, cap = null, stale_after = null } = connection
  const senders = (connection.senders ?? []).map(({ name, config = {}, rate_per_second = null, default: first }) => ({
    name,
    config,
    rate_per_second,
    default: first ?? false,
  }))
  return { plugin, config, grants, window, cap, stale_after, senders, secrets: {} }
}

export function useConnections(kind: Kind) {
  const { shop } = useVisit()
  return useQuery({
    queryKey: ['shop', shop.id, kind],
    queryFn: () => take(api.GET(`/v1/${kind}`)),
    refetchInterval: 15_000,
  })
}

/** The version that speaks for a connection: the active one that its reference means. */
export function versionOf(versions: Version[], reference: string): Version | undefined {
  const [name, major] = reference.split('@')
  return versions.find(
    one => one.name === name && one.active && (!major || one.version.split('.')[0] === major),
  )
}

type HostNeed = Version['descriptor']['hosts'][number]

/** A host that is asked for, with what the settings say of it put in its place; empty as long as they say nothing. */
function hostOf(need: HostNeed, config: unknown): string {
  const pointer = /^\{config:(.*)\}$/.exec(need.host)?.[1]
  if (pointer === undefined) return need.host
  const names = pointer.split('/').slice(1)
  const found = names.reduce<unknown>(
    (part, name) =>
      typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[name] : undefined,
    config,
  )
  if (typeof found !== 'string') return ''
  return (found.split('://').at(-1) ?? '').split(/[/?#]/)[0] ?? ''
}

/** The hosts of a plugin with these settings, each once. */
export function hostsOf(version: Version, config: unknown): HostNeed[] {
  const hosts = version.descriptor.hosts.map(need => ({ ...need, host: hostOf(need, config) }))
  return hosts.filter(
    (one, place) =>
      one.host &&
      place === hosts.findIndex(other => other.host === one.host && other.path_prefix === one.path_prefix),
  )
}

/** What a person is asked to say yes to: what the plugin asks for with these settings and these secrets. What was
 * granted before and covers it stays as it was granted. */
export function askedOf(version: Version, config: unknown, secrets: string[], granted: Grants): Grants {
  const { facts } = version.descriptor
  const days = facts.flatMap(need => (need.within_days ? [[need.fact, need.within_days] as const] : []))
  return {
    facts: facts.map(need => need.fact),
    ...(days.length > 0 ? { within_days: Object.fromEntries(days) } : {}),
    hosts: hostsOf(version, config).map(need => {
      const { host, methods, path_prefix, per_minute } = need
      const known = granted.hosts.find(
        one =>
          one.host === host &&
          one.path_prefix === path_prefix &&
          methods.every(method => one.methods.includes(method)),
      )
      return known ?? { host, methods, path_prefix, ...(per_minute ? { per_minute } : {}) }
    }),
    secrets: version.descriptor.secrets.map(need => need.name).filter(name => secrets.includes(name)),
  }
}

/** Whether somebody has to say yes to more than before. */
export function isMore(asked: Grants, granted: Grants): boolean {
  const isNewFact = (fact: string) =>
    !granted.facts.includes(fact) ||
    (asked.within_days?.[fact] ?? Infinity) > (granted.within_days?.[fact] ?? Infinity)
  return (
    asked.facts.some(isNewFact) ||
    asked.hosts.some(host => !granted.hosts.includes(host)) ||
    asked.secrets.some(name => !granted.secrets.includes(name))
  )
}
