/** A state in a word, with a colour that says the same. */
import type { ReactNode } from 'react'

export type Tone = 'plain' | 'good' | 'warn' | 'bad'

export function Tag(props: { tone?: Tone; children: ReactNode }) {
  return <span className={`tag ${props.tone ?? 'plain'}`}>{props.children}</span>
}
