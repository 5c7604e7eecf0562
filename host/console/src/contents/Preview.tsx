/** What a content would say, as on a phone: rendered by the host for a customer, while it is written. */
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { HandIn } from '../connections/NewTemplate'
import { Standing } from '../connections/Templates'
import { Trouble } from '../pieces/Answer'
import { CustomerChoice } from '../pieces/CustomerChoice'
import { Said } from '../pieces/Said'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import type { Content, Variant } from './content'
import { TestSend } from './TestSend'

/** Mails alone need it. */
const MailView = lazy(() => import('./mail/MailView'))

export function Preview(props: { content: Content; variant: Variant; isSaved: boolean }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { content, variant, isSaved } = props
  const [customer, choose] = useState('')
  const [written] = useDebouncedValue(content, 300)
  const asked = {
    content: written,
    channel: variant.channel,
    language: variant.locale ?? content.default_locale,
    customer: customer || null,
  }
  const preview = useQuery({
    queryKey: ['shop', shop.id, 'preview', asked],
    queryFn: () => take(api.POST('/v1/contents/preview', { body: asked })),
    placeholderData: keepPreviousData,
    enabled: written.variants.includes(variant),
  })
  const html = preview.error ? undefined : (preview.data?.document as { html?: unknown } | undefined)?.html
  const { definition } = variant.body as { definition?: unknown }
  return (
    <div className="stack">
      <CustomerChoice
        label={say('contents.previewFor')}
        nobody={say('contents.sample')}
        value={customer}
        choose={choose}
      />
      {preview.error && <Trouble error={preview.error} />}
      <div className="phone" aria-live="polite">
        <div className="phone-bar">
          <bdi>{shop.name}</bdi>
        </div>
        <div className="phone-screen short">
          {preview.data && !preview.error && <Said document={preview.data.document} definition={definition} />}
        </div>
      </div>
      {!!preview.data?.templates?.length && (
        <section className="stack tight" aria-label={say('contents.template')}>
          <h3>{say('contents.template')}</h3>
          <ul className="plain lines">
            {preview.data.templates.map(one => (
              <li key={one.channel}>
                <Standing name={one.name} template={one.template} />
              </li>
            ))}
          </ul>
          {preview.data.templates
            .filter(one => !one.template)
            .map(one => (
              <HandIn
                key={one.channel}
                channel={one.channel}
                content={content}
                variant={variant}
                isSaved={isSaved}
              />
            ))}
        </section>
      )}
      {typeof html === 'string' && (
        <Suspense>
          <MailView html={html} />
        </Suspense>
      )}
      {variant.channel === 'sms' && preview.data && (
        <dl className="terms narrow">
          <Parts term={say('contents.parts')} length={preview.data.length} />
          <Parts term={say('contents.longest')} length={preview.data.longest} />
        </dl>
      )}
      {may(shop, 'edit') && (
        <TestSend
          key={variant.channel}
          content={content}
          variant={variant}
          customer={customer}
          isSaved={isSaved}
        />
      )}
    </div>
  )
}

/** How many text messages it is paid for (S25). */
function Parts({ term, length }: { term: string; length?: Schemas['Length'] | null }) {
  const { say, word } = useSpeech()
  if (!length) return null
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        <strong>{say('contents.partsOf', { parts: length.parts, units: length.units })}</strong>{' '}
        <span className="quiet small">{word('alphabet', length.alphabet)}</span>
      </dd>
    </div>
  )
}
