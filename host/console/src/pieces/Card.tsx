/** A part of a page with its heading. */
import type { ReactNode } from 'react'

export function Card(props: { title?: string; side?: ReactNode; flush?: boolean; children: ReactNode }) {
  return (
    <section className={props.flush ? 'card flush' : 'card'}>
      {props.title && (
        <div className="card-head">
          <h2>{props.title}</h2>
          {props.side}
        </div>
      )}
      {props.children}
    </section>
  )
}
