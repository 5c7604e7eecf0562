/** What a message says, as on a phone. What plugins and templates made is shown as words; pictures are named, since
 * nothing is loaded from elsewhere. */
import { useSpeech } from '../words'

type Document = {
  subject?: unknown
  text?: unknown
  image?: unknown
  buttons?: { title?: string; url?: string }[]
}

export function Said(props: { document: unknown }) {
  const { say } = useSpeech()
  const said = (props.document ?? {}) as Document
  return (
    <div className="bubble" dir="auto">
      {typeof said.subject === 'string' && <div className="bubble-subject">{said.subject}</div>}
      {typeof said.text === 'string' ? said.text : JSON.stringify(props.document, null, 2)}
      {typeof said.image === 'string' && said.image !== '' && (
        <div className="small quiet">{say('inbox.picture', { address: said.image })}</div>
      )}
      {Array.isArray(said.buttons) &&
        said.buttons.map(button => (
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
