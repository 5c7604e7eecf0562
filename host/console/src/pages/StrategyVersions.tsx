/** The versions of a strategy: what changed between two, and where the runs that wait stand (S28). */
import { Button, Modal, NativeSelect } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { GitCompareArrows } from 'lucide-react'
import { useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { type Change, diff } from '../flow/diff'
import { Answer, Empty, Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { Tag, type Tone } from '../pieces/Tag'
import { may, queries } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import '../flow/flow.css'

type Version = Schemas['Version']

export function StrategyVersions() {
  const { strategy: id } = useParams({ from: '/$shop/strategies/$strategy/versions' })
  const { say } = useSpeech()
  const { shop } = useVisit()
  const versions = useQuery({
    queryKey: ['shop', shop.id, 'versions', id],
    queryFn: () => take(api.GET('/v1/strategies/{strategy}/versions', { params: { path: { strategy: id } } })),
  })
  const [moving, move] = useState<number | undefined>()
  const name = versions.data?.items[0]?.definition.name
  return (
    <Page title={name ? `${name}: ${say('flow.versions')}` : say('flow.versions')} about={say('flow.versionsAbout')}>
      <div>
        <Link to="/$shop/strategies/$strategy" params={{ shop: shop.id, strategy: id }}>
          {say('flow.toEditor')}
        </Link>
      </div>
      <Answer of={versions}>
        {({ items }) => (
          <>
            <Card flush title={say('flow.versions')}>
              <ul className="plain lines flow-versions">
                {items.map((version, place) => (
                  <li key={version.id}>
                    <Line id={id} version={version} isCurrent={place === 0} move={() => move(version.number)} />
                  </li>
                ))}
              </ul>
            </Card>
            <Difference versions={items} />
          </>
        )}
      </Answer>
      <Moving id={id} number={moving} close={() => move(undefined)} />
    </Page>
  )
}

function Line(props: { id: string; version: Version; isCurrent: boolean; move: () => void }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const { version } = props
  return (
    <div className="row flow-version">
      <b>{say('flow.version', { n: version.number })}</b>
      <span className="quiet">{moment(version.published_at, shop.time_zone)}</span>
      {props.isCurrent && <Tag tone="good">{say('flow.current')}</Tag>}
      {may(shop, 'edit') && (
        <span className="row push-end">
          {!props.isCurrent && (
            <Link
              to="/$shop/strategies/$strategy"
              params={{ shop: shop.id, strategy: props.id }}
              search={{ version: version.number }}
              aria-label={`${say('flow.restore')}: ${say('flow.version', { n: version.number })}`}
            >
              {say('flow.restore')}
            </Link>
          )}
          <Button
            size="compact-sm"
            variant="default"
            aria-label={`${say('flow.move')}: ${say('flow.version', { n: version.number })}`}
            onClick={props.move}
          >
            {say('flow.move')}
          </Button>
        </span>
      )}
    </div>
  )
}

function Difference({ versions }: { versions: Version[] }) {
  const { say, number } = useSpeech()
  const [newest, before] = versions
  const [older, choose] = useState(before?.number ?? 0)
  const [newer, pick] = useState(newest?.number ?? 0)
  const [from, to] = [older, newer].map(one => versions.find(version => version.number === one))
  if (!from || !to) return null
  const changes = diff(from.definition, to.definition)
  const data = versions.map(version => ({ value: String(version.number), label: number(version.number) }))
  return (
    <Card title={say('flow.diff')}>
      <div className="stack">
        <div className="row">
          <NativeSelect
            label={say('flow.diffFrom')}
            data={data}
            value={String(older)}
            onChange={event => choose(Number(event.currentTarget.value))}
          />
          <NativeSelect
            label={say('flow.diffTo')}
            data={data}
            value={String(newer)}
            onChange={event => pick(Number(event.currentTarget.value))}
          />
        </div>
        {changes.length === 0 ? (
          <Empty icon={GitCompareArrows}>{say('flow.same')}</Empty>
        ) : (
          <ul className="plain stack">
            {changes.map(change => (
              <li key={change.part}>
                <Changed change={change} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Card>
  )
}

const TONES: Record<Change['what'], Tone> = { added: 'good', removed: 'bad', changed: 'warn' }

function Changed({ change }: { change: Change }) {
  const { word } = useSpeech()
  return (
    <div className="stack tight">
      <div className="row">
        <Tag tone={TONES[change.what]}>{word('flowChange', change.what)}</Tag>
        <span className="code">{change.part}</span>
      </div>
      <ul className="plain flow-diff" dir="ltr">
        {change.fields.map(field => (
          <li key={field.path}>
            <span className="code quiet">{field.path}</span>
            {field.before !== undefined && <del className="code">{field.before}</del>}
            {field.after !== undefined && <ins className="code">{field.after}</ins>}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** What would become of the runs that wait, before any of them moves. */
function Moving(props: { id: string; number: number | undefined; close: () => void }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { id, number: version } = props
  const path = { strategy: id, number: version ?? 0 }
  const preview = useQuery({
    queryKey: ['shop', shop.id, 'moving', id, version ?? 0],
    queryFn: () => take(api.GET('/v1/strategies/{strategy}/versions/{number}/preview', { params: { path } })),
    enabled: version !== undefined,
    staleTime: 0,
  })
  const moved = useMutation({
    mutationFn: () =>
      take(api.POST('/v1/strategies/{strategy}/versions/{number}/move-runs', { params: { path }, body: { steps: null } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['shop', shop.id] }),
  })
  const close = () => {
    moved.reset()
    props.close()
  }
  return (
    <Modal
      opened={version !== undefined}
      onClose={close}
      size="lg"
      title={say('flow.moveTo', { n: version ?? 0 })}
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      <div className="stack">
        {moved.error && <Trouble error={moved.error} />}
        {moved.data ? (
          <>
            <p role="status">{say('flow.moved')}</p>
            <Fates of={moved.data} />
          </>
        ) : (
          <Answer of={preview}>
            {counted => (
              <>
                <p>{say('flow.moveAbout')}</p>
                {counted.steps.length === 0 ? <p className="quiet">{say('flow.moveNobody')}</p> : <Fates of={counted} />}
                <div className="row">
                  <Button
                    disabled={counted.total.moves + counted.total.leaves === 0}
                    loading={moved.isPending}
                    onClick={() => moved.mutate()}
                  >
                    {say('flow.moveNow')}
                  </Button>
                  <Button variant="default" onClick={close}>
                    {say('answer.cancel')}
                  </Button>
                </div>
              </>
            )}
          </Answer>
        )}
      </div>
    </Modal>
  )
}

const FATES = ['stays', 'moves', 'leaves', 'would_go_now'] as const

function Fates({ of }: { of: Schemas['RunsPreview'] }) {
  const { say, word, number } = useSpeech()
  return (
    <section className="scroll" tabIndex={0} aria-label={say('list.table')}>
      <table className="list">
        <thead>
          <tr>
            <th scope="col">{say('reports.step')}</th>
            {FATES.map(fate => (
              <th key={fate} scope="col" className="number">
                {word('flowFate', fate)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {of.steps.map(step => (
            <tr key={step.step ?? ''}>
              <td data-label={say('reports.step')}>{step.step ? <span className="code">{step.step}</span> : say('run.settling')}</td>
              {FATES.map(fate => (
                <td key={fate} className="number" data-label={word('flowFate', fate)}>
                  {number(step[fate])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
