/** Plugins of the shop: what is installed of them, and what somebody does to them. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, type Schemas, take } from '../api/client'
import type { Tone } from '../pieces/Tag'
import { queries } from '../session'
import { useVisit } from '../shell/shop'
import { useInLanguage } from './inLanguage'

export type Version = Schemas['PluginView']
export type Grants = Schemas['Grants']
type StageName = Version['stage']

export const TONES: Record<StageName, Tone> = {
  waiting: 'warn',
  installed: 'plain',
  shadow: 'plain',
  canary: 'plain',
  active: 'good',
  superseded: 'plain',
  retired: 'plain',
}

const key = (shop: string) => ['shop', shop, 'plugins']

/** All versions of all plugins, newest first. */
export function usePlugins() {
  const { shop } = useVisit()
  return useQuery({
    queryKey: key(shop.id),
    queryFn: async () => (await take(api.GET('/v1/plugins'))).items,
    refetchInterval: 15_000,
    select: useInLanguage(),
  })
}

/** Does something to a plugin; whatever is shown of plugins is asked for again. */
export function useDoing<T>(does: () => Promise<T>) {
  const { shop } = useVisit()
  return useMutation<T, Error, void>({
    mutationFn: does,
    onSuccess: () => queries.invalidateQueries({ queryKey: ['shop', shop.id] }),
  })
}

/** The versions of each plugin, by its name. */
export function byName(versions: Version[]): [string, Version[]][] {
  const names = new Map<string, Version[]>()
  for (const one of versions) names.set(one.name, [...(names.get(one.name) ?? []), one])
  return [...names].sort(([one], [other]) => one.localeCompare(other))
}

/** The version that one looks at first: what somebody has to say yes to, else what decides. */
export function foremost(versions: Version[]): Version | undefined {
  return versions.find(one => one.stage === 'waiting') ?? versions.find(one => one.active) ?? versions[0]
}

/** Takes files that were chosen or dropped: a component, and its signature if there is one. */
export async function upload(files: File[], stage: string): Promise<Version> {
  const signature = files.find(file => file.name.endsWith('.minisig'))
  const component = files.find(file => file !== signature)
  if (!component) throw new Error('no component')
  return take(
    api.POST('/v1/plugins', {
      params: {
        query: { stage },
        header: signature ? { 'Cartwright-Signature': btoa(await signature.text()) } : {},
      },
      headers: { 'content-type': 'application/wasm' },
      body: component,
      bodySerializer: (body: unknown) => body as Blob,
    }),
  )
}
