/** What was done, to be undone: one document after the other. */
import { useCallback, useReducer } from 'react'

export type History<T> = { past: T[]; now: T; future: T[]; lately?: string }
export type Act<T> =
  | { do: 'change'; to: T; about?: string }
  | { do: 'undo' }
  | { do: 'redo' }

const MOST = 200

/** Changes about the same field one after the other, as by typing, are undone together. */
export function tell<T>(history: History<T>, act: Act<T>): History<T> {
  const { past, now, future } = history
  switch (act.do) {
    case 'change': {
      if (act.to === now) return history
      const goesOn = act.about !== undefined && act.about === history.lately
      return { past: goesOn ? past : [...past, now].slice(-MOST), now: act.to, future: [], lately: act.about }
    }
    case 'undo': {
      const before = past.at(-1)
      return before === undefined ? history : { past: past.slice(0, -1), now: before, future: [now, ...future] }
    }
    case 'redo': {
      const [after, ...later] = future
      return after === undefined ? history : { past: [...past, now], now: after, future: later }
    }
  }
}

export function useHistory<T>(first: T) {
  const [history, act] = useReducer(tell<T>, { past: [], now: first, future: [] })
  const change = useCallback((to: T, about?: string) => act({ do: 'change', to, about }), [])
  const undo = useCallback(() => act({ do: 'undo' }), [])
  const redo = useCallback(() => act({ do: 'redo' }), [])
  return {
    now: history.now,
    change,
    undo,
    redo,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
  }
}
