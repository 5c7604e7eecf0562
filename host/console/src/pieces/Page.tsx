/** A page: what it is called, what can be done on it, and what it holds. */
import { type ReactNode, useEffect } from 'react'

export function Page(props: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${props.title} · Cartwright`
  }, [props.title])
  return (
    <div className="page">
      <div className="page-head">
        <div className="stack tight">
          <h1>
            <bdi>{props.title}</bdi>
          </h1>
          {props.about && <p className="quiet">{props.about}</p>}
        </div>
        {props.actions && <div className="row">{props.actions}</div>}
      </div>
      {props.children}
    </div>
  )
}
