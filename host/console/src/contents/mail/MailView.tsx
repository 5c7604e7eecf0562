/** A mail as a mail program shows it, made by the host. It lies in a frame that runs nothing; its looks are set one by
 * one, because the page allows no styles in HTML, and its pictures are named, since nothing is loaded from elsewhere. */
import { useEffect, useRef, useState } from 'react'
import { useSpeech } from '../../words'

/** The same document with looks, styles and pictures where the page's policy has nothing to say about them. */
function apart(html: string): Document {
  const kept = html
    .replaceAll(/\sstyle="/g, ' data-look="')
    .replaceAll(/<style\b/g, '<script type="text/kept-css"')
    .replaceAll('</style>', '</script>')
    .replaceAll(/<img\b/g, '<data-img')
  return new DOMParser().parseFromString(kept, 'text/html')
}

export default function MailView({ html }: { html: string }) {
  const { say } = useSpeech()
  const frame = useRef<HTMLIFrameElement>(null)
  // Some browsers put another page into the frame once it has loaded.
  const [loads, load] = useState(0)
  useEffect(() => {
    const page = frame.current?.contentDocument
    if (!page) return
    const mail = apart(html)
    const sheets = [...mail.querySelectorAll('script[type="text/kept-css"]')].map(one => one.textContent ?? '')
    for (const one of mail.querySelectorAll('script, link, meta, iframe, object, embed, base')) one.remove()
    for (const image of mail.querySelectorAll('data-img')) {
      image.replaceWith(say('inbox.picture', { address: image.getAttribute('alt') || '–' }))
    }
    page.body.replaceChildren(...[...mail.body.childNodes].map(node => page.importNode(node, true)))
    for (const one of page.querySelectorAll<HTMLElement>('[data-look]')) {
      one.style.cssText = one.dataset.look ?? ''
    }
    // A sheet is of the page that it was made in.
    const view = page.defaultView as (Window & typeof globalThis) | null
    if (!view) return
    page.adoptedStyleSheets = sheets.map(text => {
      const sheet = new view.CSSStyleSheet()
      sheet.replaceSync(text.replaceAll(/@import[^;]*;/g, ''))
      return sheet
    })
  }, [html, say, loads])
  return (
    <iframe
      ref={frame}
      className="mail-view"
      title={say('mail.view')}
      sandbox="allow-same-origin"
      onLoad={() => load(count => count + 1)}
    />
  )
}
