/** The script on the shop's own pages: the line that loads it, which pages may speak, and what its forms say. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, Refusal, type Schemas, take } from '../api/client'
import { Answer, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { CopyLine } from '../pieces/CopyLine'
import { Page } from '../pieces/Page'
import { SchemaForm } from '../pieces/SchemaForm'
import { may, queries } from '../session'
import { useVisit } from '../shell/shop'
import { ChatLinks } from '../storefront/ChatLinks'
import { fieldOf, kept, questions, type Written, written } from '../storefront/settings'
import { useSpeech } from '../words'

type Shop = Schemas['Shop']
/** What is left out stays. */
type Change = Schemas['ShopChange']

export function Storefront() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const key = ['shop', shop.id, 'itself']
  const params = { path: { shop: shop.id } }
  const found = useQuery({
    queryKey: key,
    queryFn: () => take(api.GET('/v1/shops/{shop}', { params })),
    // What is being written must not be taken away by a look at what is kept.
    refetchOnWindowFocus: false,
  })
  return (
    <Page title={say('nav.storefront')} about={say('storefront.about')}>
      <Answer of={found}>{known => <Settings shop={known} save={one => queries.setQueryData(key, one)} />}</Answer>
      <ChatLinks />
    </Page>
  )
}

function Settings({ shop, save }: { shop: Shop; save: (shop: Shop) => void }) {
  const { say } = useSpeech()
  const visit = useVisit()
  const [asked, write] = useState<Written>(() => written(shop.storefront))
  const isStill = !may(visit.shop, 'own')
  const saved = useMutation({
    mutationFn: () => {
      const params = { path: { shop: shop.id } }
      return take(api.PATCH('/v1/shops/{shop}', { params, body: { storefront: kept(asked) } as Change }))
    },
    onSuccess: save,
  })
  const refusal = saved.error instanceof Refusal ? saved.error : undefined
  return (
    <>
      <Script shop={shop} />
      {saved.error && <Trouble error={saved.error} />}
      <Card title={say('storefront.pages')}>
        <div className="stack">
          <SchemaForm
            schema={questions(say)}
            value={asked}
            change={value => {
              saved.reset()
              write(value as Written)
            }}
            isStill={isStill}
            isStrict={saved.isError}
            found={pointer => refusal?.of(fieldOf(pointer))}
          />
          {!isStill && (
            <div className="row">
              <Button loading={saved.isPending} onClick={() => saved.mutate()}>
                {say('storefront.save')}
              </Button>
              <span className="quiet small" role="status">
                {saved.isSuccess && say('storefront.saved')}
              </span>
            </div>
          )}
        </div>
      </Card>
    </>
  )
}

function Script({ shop }: { shop: Shop }) {
  const { say } = useSpeech()
  const line = `<script src="${location.origin}/s/${shop.id}.js" async></script>`
  return (
    <Card title={say('storefront.script')}>
      {shop.storefront ? (
        <CopyLine line={line} about={say('storefront.scriptAbout')} />
      ) : (
        <p className="quiet">{say('storefront.noScript')}</p>
      )}
    </Card>
  )
}
