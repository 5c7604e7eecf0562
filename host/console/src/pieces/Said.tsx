/** What a message says, as on a phone. What plugins and templates made is shown as words; pictures of this host are
 * shown, others are named, since nothing is loaded from elsewhere. */
import { useState } from 'react'
import { useSpeech } from '../words'
import { screenOf } from './phone'

export function Said(props: { document: unknown; definition?: unknown }) {
  const said = screenOf(props.document, props.definition)
  return (
    <div className="bubble" dir="auto">
      {said.image && <Picture address={said.image} />}
      {said.subject && <div className="bubble-subject">{said.subject}</div>}
      {said.text}
      {said.rest.length > 0 && (
        <dl className="bubble-rest small">
          {said.rest.map(([name, value]) => (
            <div key={name}>
              <dt className="quiet">
                <bdi>{name}</bdi>
              </dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {said.footer && <div className="small quiet">{said.footer}</div>}
      {said.buttons.map(button => (
        <div key={button.title} className="phone-button">
          {button.url && /^https?:\/\//.test(button.url) ? (
            <a href={button.url} rel="noreferrer nofollow" target="_blank">
              {button.title}
            </a>
          ) : (
            button.title
          )}
        </div>
      ))}
    </div>
  )
}

function Picture({ address }: { address: string }) {
  const { say } = useSpeech()
  const [isBroken, judge] = useState(false)
  const named = say('inbox.picture', { address })
  if (isBroken || !address.startsWith(`${location.origin}/`)) return <div className="small quiet">{named}</div>
  return <img className="bubble-picture" src={address} alt={named} onError={() => judge(true)} />
}
