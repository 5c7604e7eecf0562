/** What the shop has that steps may name: channels, contents, plugins, other strategies. */
import { useQuery } from '@tanstack/react-query'
import { createContext, useCallback, useContext } from 'react'
import { api, type Schemas, take } from '../../api/client'
import { useInLanguage } from '../../plugins/inLanguage'
import { useVisit } from '../../shell/shop'

export type Plugin = Schemas['PluginView']
export type Holdings = {
  channels: string[]
  /** Of each channel that has some. */
  senders: Record<string, string[]>
  contents: Schemas['Content'][]
  conditions: Plugin[]
  selectors: Plugin[]
  strategies: string[]
}

const NOTHING: Holdings = { channels: [], senders: {}, contents: [], conditions: [], selectors: [], strategies: [] }
export const HoldingsContext = createContext<Holdings>(NOTHING)
export const useHoldings = () => useContext(HoldingsContext)

/** As a strategy names a plugin: by its name and major version. */
export const refOf = (plugin: Plugin) => `${plugin.name}@${plugin.version.split('.')[0]}`

export function useShopHoldings() {
  const { shop } = useVisit()
  const inLanguage = useInLanguage()
  return useQuery({
    select: useCallback(
      (all: Holdings) => ({
        ...all,
        conditions: inLanguage(all.conditions),
        selectors: inLanguage(all.selectors),
      }),
      [inLanguage],
    ),
    queryKey: ['shop', shop.id, 'flow', 'holdings'],
    staleTime: 30_000,
    queryFn: async (): Promise<Holdings> => {
      const [channels, contents, plugins, strategies] = await Promise.all([
        take(api.GET('/v1/channels')),
        take(api.GET('/v1/contents', { params: { query: { limit: 200 } } })),
        take(api.GET('/v1/plugins')),
        take(api.GET('/v1/strategies', { params: { query: { limit: 200 } } })),
      ])
      const active = plugins.items.filter(plugin => plugin.active)
      return {
        channels: channels.items.map(channel => channel.name),
        senders: Object.fromEntries(
          channels.items.flatMap(({ name, senders }) =>
            senders?.length ? [[name, senders.map(sender => sender.name)]] : [],
          ),
        ),
        contents: contents.items.map(({ content }) => content),
        conditions: active.filter(plugin => plugin.kind === 'condition'),
        selectors: active.filter(plugin => plugin.kind === 'selector'),
        strategies: strategies.items.map(strategy => strategy.name),
      }
    },
  })
}
