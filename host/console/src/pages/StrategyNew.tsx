/** A new strategy: from the library, from nothing, from a file, or as a copy of another. */
import { Button, FileButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { FileUp, Hourglass, Plus, Workflow } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { api, take } from '../api/client'
import { blankStrategy, proposeName, whole } from '../flow/blanks'
import type { Strategy } from '../flow/document'
import { read, withoutKnown } from '../flow/file'
import { type Holdings, useShopHoldings } from '../flow/forms/shop'
import { LIBRARY } from '../flow/library'
import { Answer } from '../pieces/Answer'
import { Page } from '../pieces/Page'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import '../flow/flow.css'

// The library is looked at without the editor.
const Editor = lazy(async () => ({ default: (await import('../flow/Editor')).Editor }))

/** What somebody has read from a file; a reload forgets it. */
let imported: Strategy | undefined

export function StrategyNew() {
  const { from, copy } = useSearch({ from: '/$shop/strategies/new' })
  const { shop } = useVisit()
  const holdings = useShopHoldings()
  const copied = useQuery({
    queryKey: ['shop', shop.id, 'strategy', copy ?? ''],
    queryFn: () => take(api.GET('/v1/strategies/{strategy}', { params: { path: { strategy: copy ?? '' } } })),
    enabled: copy !== undefined,
  })
  if (copy !== undefined)
    return (
      <Answer of={holdings}>
        {held => (
          <Answer of={copied}>{view => <Draft key={copy} of={view.definition} holdings={held} />}</Answer>
        )}
      </Answer>
    )
  const ready = LIBRARY.find(one => one.key === from)?.strategy
  if (from === 'nothing' || ready || (from === 'file' && imported))
    return (
      <Answer of={holdings}>
        {held => <Draft key={from} of={from === 'file' ? imported : ready} holdings={held} />}
      </Answer>
    )
  return <Library />
}

/** The editor with something that the shop does not have yet. */
function Draft({ of, holdings }: { of?: Strategy; holdings: Holdings }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const navigate = useNavigate()
  const [first] = useState((): Strategy => {
    const name = proposeName(of?.name || say('flow.newName'), holdings.strategies)
    const known = holdings.contents.map(content => content.name)
    return of ? { ...withoutKnown(whole(of), known), name } : blankStrategy(name)
  })
  return (
    <Suspense>
    <Editor
      first={first}
      holdings={holdings}
      onSaved={view =>
        navigate({
          to: '/$shop/strategies/$strategy',
          params: { shop: shop.id, strategy: view.id },
          replace: true,
        })
      }
    />
    </Suspense>
  )
}

function Library() {
  const { say, word } = useSpeech()
  const { shop } = useVisit()
  const navigate = useNavigate()
  const [isWrong, judge] = useState(false)
  const take = async (file: File | null) => {
    if (!file) return
    imported = read(await file.text())
    judge(imported === undefined)
    if (imported)
      navigate({ to: '/$shop/strategies/new', params: { shop: shop.id }, search: { from: 'file' } })
  }
  const canEdit = may(shop, 'edit')
  const link = (from: string) => ({
    to: '/$shop/strategies/new' as const,
    params: { shop: shop.id },
    search: { from },
  })
  return (
    <Page title={say('flow.new')} about={say('flow.newAbout')}>
      {canEdit && (
        <div className="row">
          <Button
            leftSection={<Plus size={16} aria-hidden />}
            renderRoot={given => <Link {...link('nothing')} {...given} />}
          >
            {say('flow.fromNothing')}
          </Button>
          <FileButton accept="application/json,.json" onChange={take}>
            {given => (
              <Button variant="default" leftSection={<FileUp size={16} aria-hidden />} {...given}>
                {say('flow.import')}
              </Button>
            )}
          </FileButton>
          {isWrong && <span role="alert">{say('flow.importWrong')}</span>}
        </div>
      )}
      <h2>{say('flow.library')}</h2>
      <ul className="plain grid wide">
        {LIBRARY.map(({ key, strategy }) => {
          const Icon = strategy ? Workflow : Hourglass
          return (
            <li key={key} className="card flow-ready">
              <Icon size={20} strokeWidth={1.7} aria-hidden />
              <h3>{word('flowLibrary', key)}</h3>
              <p className="quiet">{word('flowLibraryAbout', key)}</p>
              {strategy ? (
                canEdit && (
                  <Button
                    size="xs"
                    variant="light"
                    aria-label={`${say('flow.take')}: ${word('flowLibrary', key)}`}
                    renderRoot={given => <Link {...link(key)} {...given} />}
                  >
                    {say('flow.take')}
                  </Button>
                )
              ) : (
                <p className="small">
                  <b>{say('flow.coming')}</b> {word('flowMissing', key)}
                </p>
              )}
            </li>
          )
        })}
      </ul>
    </Page>
  )
}
