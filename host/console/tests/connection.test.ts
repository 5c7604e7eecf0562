/** What a person is asked to say yes to when a channel or source is set up. */
import { expect, test } from 'vitest'
import { askedOf, isMore } from '../src/connections/connection'
import type { Grants, Version } from '../src/plugins/plugin'

const NOTHING: Grants = { facts: [], hosts: [], secrets: [] }
const host = (host: string) => ({ host, methods: ['POST'], path_prefix: '/', why: 'to send' })
const secret = (name: string) => ({ name, title: name, why: 'to sign' })
const version = {
  descriptor: {
    facts: [{ fact: 'orders.count', within_days: 30, why: 'to count' }],
    hosts: [host('api.example'), host('{config:/server/url}')],
    secrets: [secret('token'), secret('old_token')],
  },
} as unknown as Version
const settings = (url: string) => ({ server: { url } })

test('a host of the settings is asked for as it is written there, and one that is not written is not', () => {
  const hosts = (config: unknown) => askedOf(version, config, [], NOTHING).hosts.map(one => one.host)
  expect(hosts(settings('https://own.example:8443/in?x=1#y'))).toEqual(['api.example', 'own.example:8443'])
  expect(hosts(settings('api.example'))).toEqual(['api.example'])
  expect(hosts({})).toEqual(['api.example'])
  expect(hosts(settings(''))).toEqual(['api.example'])
})

test('only secrets that are set are asked for', () => {
  expect(askedOf(version, {}, ['token', 'another'], NOTHING).secrets).toEqual(['token'])
})

test('what was granted stays as it was granted, and only more is asked again', () => {
  const granted = askedOf(version, settings('own.example'), ['token'], NOTHING)
  granted.hosts[0] = { host: 'api.example', methods: ['GET', 'POST'], path_prefix: '/', per_minute: 60 }
  const again = askedOf(version, settings('own.example'), ['token'], granted)
  expect(again).toEqual(granted)
  expect(isMore(again, granted)).toBe(false)
  expect(isMore(askedOf(version, {}, [], granted), granted)).toBe(false)
  expect(isMore(askedOf(version, settings('other.example'), ['token'], granted), granted)).toBe(true)
  expect(isMore(askedOf(version, {}, ['old_token'], granted), granted)).toBe(true)
  expect(isMore(again, { ...granted, facts: [] })).toBe(true)
  expect(isMore(again, { ...granted, within_days: { 'orders.count': 7 } })).toBe(true)
})
