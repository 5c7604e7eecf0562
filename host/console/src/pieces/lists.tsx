/** Lists that go on: the first page at once, the next ones when asked for. */
import { Button } from '@mantine/core'
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'
import { Empty, Trouble } from './Answer'

type PageOf<T> = { items: T[]; next?: string | null }

/** Pages of a list of the shop, by cursor. */
export function usePages<T>(
  name: (string | boolean | undefined)[],
  ask: (after?: string) => Promise<PageOf<T>>,
) {
  const { shop } = useVisit()
  return useInfiniteQuery({
    queryKey: ['shop', shop.id, ...name],
    queryFn: ({ pageParam }) => ask(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next ?? undefined,
    refetchInterval: query => ((query.state.data?.pages.length ?? 0) > 1 ? false : 10_000),
  })
}

export function Pages<T>(props: {
  of: UseInfiniteQueryResult<InfiniteData<PageOf<T>>>
  icon: LucideIcon
  empty: Key
  idOf: (item: T) => string
  /** Each heading, with what stands under it. */
  columns: [Key, (item: T) => ReactNode][]
}) {
  const { say } = useSpeech()
  const { data, error } = props.of
  const items = data?.pages.flatMap(page => page.items) ?? []
  if (error) return <Trouble error={error} />
  if (!data) return <div className="waiting" role="status" aria-label={say('answer.loading')} />
  if (items.length === 0) return <Empty icon={props.icon}>{say(props.empty)}</Empty>
  return (
    <>
      {/* what scrolls sideways can be reached by keyboard */}
      <section className="scroll" tabIndex={0} aria-label={say('list.table')}>
        <table className={props.columns.length > 7 ? 'list dense' : 'list'}>
          <thead>
            <tr>
              {props.columns.map(([key]) => (
                <th key={key} scope="col">
                  {say(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map(item => (
              <tr key={props.idOf(item)}>
                {props.columns.map(([key, cell]) => (
                  <td key={key} data-label={say(key)}>
                    {cell(item)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <More of={props.of} />
    </>
  )
}

/** The way to what comes after. */
export function More<T>(props: { of: UseInfiniteQueryResult<InfiniteData<PageOf<T>>> }) {
  const { say } = useSpeech()
  const { isFetchingNextPage, hasNextPage, fetchNextPage } = props.of
  if (!hasNextPage) return null
  return (
    <div className="more">
      <Button variant="default" size="xs" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
        {say('list.more')}
      </Button>
    </div>
  )
}
