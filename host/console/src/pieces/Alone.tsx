/** A page of its own, outside of any shop: signing in, being welcomed. */
import { NativeSelect } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'
import { LANGUAGES, type Language, useLanguageChoice, useSpeech } from '../words'

export function Alone(props: { title: string; about?: ReactNode; children: ReactNode }) {
  const { say, language } = useSpeech()
  const choose = useLanguageChoice()
  useEffect(() => {
    document.title = `${props.title} · Cartwright`
  }, [props.title])
  return (
    <div className="alone">
      <main>
        <span className="brand">
          <img src="/console/mark.svg" alt="" />
          Cartwright
        </span>
        <div className="card">
          <div className="stack">
            <div className="stack tight">
              <h1>{props.title}</h1>
              {props.about && <p className="quiet">{props.about}</p>}
            </div>
            {props.children}
          </div>
        </div>
        <NativeSelect
          size="xs"
          aria-label={say('frame.language')}
          value={language}
          onChange={event => choose(event.currentTarget.value as Language)}
          data={(Object.keys(LANGUAGES) as Language[]).map(value => ({ value, label: LANGUAGES[value] }))}
        />
      </main>
    </div>
  )
}
