/** What happens in the shop, told while it happens. The service ends each telling after a while, so that whoever
 * listens is asked again who they are; between two the page is still live. */
import { useEffect, useRef, useState } from 'react'
import { headersOf } from '../api/client'
import { useVisit } from '../shell/shop'

/** How long to wait before listening again, after so many times in vain. */
export const pause = (failures: number) => (failures === 0 ? 250 : Math.min(30_000, 1_000 * 2 ** failures))

/** Cuts a stream of server-sent events into the names of whole events; the rest waits for more. */
export function events(text: string): { names: string[]; rest: string } {
  const blocks = text.split('\n\n')
  const rest = blocks.pop() ?? ''
  const names = blocks.flatMap(block => /^event: ?(.*)$/m.exec(block)?.[1] ?? [])
  return { names, rest }
}

/** What each list's stream calls one of its items. */
const ITEM = { messages: 'message', runs: 'run' } as const

/** Calls on each item of a list that comes or changes; tells whether it is listening. */
export function useLive(list: keyof typeof ITEM, changed: () => void): boolean {
  const { shop } = useVisit()
  const [isLive, live] = useState(false)
  const tell = useRef(changed)
  tell.current = changed
  useEffect(() => {
    const left = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const listen = async (failures: number) => {
      let isHeard = false
      try {
        const answer = await fetch(`/v1/${list}/stream`, { headers: headersOf(), signal: left.signal })
        if (!answer.ok || !answer.body) throw new Error(String(answer.status))
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
        for (let text = ''; ;) {
          const { done, value } = await reader.read()
          if (done) break
          const { names, rest } = events(text + value)
          text = rest
          if (names.length > 0) {
            isHeard = true
            live(true)
          }
          if (names.includes(ITEM[list])) tell.current()
        }
      } catch {
        // What was missed is told of by the list itself.
      }
      if (left.signal.aborted) return
      if (!isHeard) live(false)
      timer = setTimeout(() => listen(isHeard ? 0 : failures + 1), pause(isHeard ? 0 : failures + 1))
    }
    listen(0)
    return () => {
      clearTimeout(timer)
      left.abort()
    }
  }, [shop.id, list])
  return isLive
}
