/** What a message says, as on a phone. What plugins and templates made is shown as words; pictures are named, since
 * nothing is loaded from elsewhere. */
import { useSpeech } from '../words'
import { screenOf } from './phone'

export function Said(props: { document: unknown; definition?: unknown }) {
  const { say } = useSpeech()
  const said = screenOf(props.document, props.definition)
  return (
    <div className="bubble" dir="auto">
      {said.image && <div className="small quiet">{say('inbox.picture', { address: said.image })}</div>}
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
