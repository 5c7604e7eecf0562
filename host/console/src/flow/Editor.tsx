/** The editor of a strategy: the picture or the list of its steps, and beside it what is chosen. */
import { ActionIcon, Button, Menu, SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedValue, useHotkeys } from '@mantine/hooks'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { Link, useBlocker } from '@tanstack/react-router'
import { Ellipsis, List, Redo2, Undo2, Workflow } from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { api, Refusal, type Schemas, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { StrategyState } from '../pieces/states'
import { may, queries } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { blankStep } from './blanks'
import { Canvas } from './Canvas'
import {
  type Fault,
  insert,
  type Kind,
  lead,
  nodeOf,
  remove,
  rename,
  type Spot,
  type Strategy,
  TRIGGER,
  withStep,
} from './document'
import { download, exported } from './file'
import { HoldingsContext, type Holdings } from './forms/shop'
import { useHistory } from './history'
import { Outline } from './Outline'
import { Side, type View } from './Side'
import './flow.css'

export type Saved = { id: string; version: number; state: Schemas['StrategyState'] }

const Palette = lazy(async () => ({ default: (await import('./Palette')).Palette }))

/** On a phone the words in the picture are too small to be read. */
const isNarrow = () => window.matchMedia('(max-width: 48rem)').matches

export function Editor(props: {
  first: Strategy
  /** As the service has it; none while it is only a draft. */
  saved?: Saved
  /** What the draft began with was not what the service has. */
  begun?: boolean
  holdings: Holdings
  onSaved: (view: Schemas['StrategyView']) => void
}) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const editable = may(shop, 'edit')
  const { now, change, undo, redo, canUndo, canRedo } = useHistory(props.first)
  const [kept, keep] = useState(() => JSON.stringify(props.first))
  const [isNew, settle] = useState(!props.saved || props.begun === true)
  const [chosen, choose] = useState<string | undefined>()
  const [view, look] = useState<View>('step')
  const [form, draw] = useState<'picture' | 'list'>(() => (isNarrow() ? 'list' : 'picture'))
  const [adding, addAt] = useState<Spot | undefined>()
  const [isAsked, ask] = useState(false)
  if (adding !== undefined && !isAsked) ask(true)
  const [lit, light] = useState<Map<string, string> | undefined>()
  const side = useRef<HTMLElement>(null)
  // Asked by the router before the page is drawn anew.
  const isSaved = useRef(false)
  const isDirty = editable && JSON.stringify(now) !== kept

  const [settled] = useDebouncedValue(now, 300)
  const check = useQuery({
    queryKey: ['shop', shop.id, 'flow', 'check', settled],
    queryFn: () => faultsOf(settled),
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  })
  const faults = useMemo(() => check.data ?? [], [check.data])
  const troubled = useMemo(() => {
    const found = new Map<string, { count: number; refuses: boolean }>()
    for (const fault of faults) {
      const node = nodeOf(fault, now)
      const known = node === undefined ? undefined : (found.get(node) ?? { count: 0, refuses: false })
      if (node !== undefined && known)
        found.set(node, { count: known.count + 1, refuses: known.refuses || fault.severity === 'error' })
    }
    return found
  }, [faults, now])

  const save = useMutation({
    mutationFn: (state: 'live' | 'paused') =>
      props.saved
        ? take(
            api.PUT('/v1/strategies/{strategy}', {
              params: { path: { strategy: props.saved.id } },
              body: now,
            }),
          )
        : take(api.POST('/v1/strategies', { params: { query: { state } }, body: now })),
    onSuccess: async view => {
      keep(JSON.stringify(now))
      settle(false)
      isSaved.current = true
      await queries.invalidateQueries({ queryKey: ['shop', shop.id], refetchType: 'none' })
      props.onSaved(view)
    },
  })
  useBlocker({
    shouldBlockFn: () => isDirty && !isSaved.current && !window.confirm(say('flow.leave')),
    enableBeforeUnload: () => isDirty && !isSaved.current,
  })
  useHotkeys([
    ['mod+Z', undo],
    ['mod+shift+Z', redo],
    ['mod+Y', redo],
  ])

  // Whoever chooses a step by keyboard goes on in its form.
  const open = (name: string) => {
    choose(name)
    look('step')
    side.current?.focus()
  }
  const edit = (to: Strategy, about?: string) => {
    light(undefined)
    save.reset()
    isSaved.current = false
    change(to, about)
  }
  const add = (kind: Kind) => {
    if (!adding) return
    const held = {
      channels: props.holdings.channels,
      contents: props.holdings.contents.filter(one => (one.purpose === 'staff') === (kind === 'notify')).map(one => one.name),
    }
    const [changed, name] = insert(now, adding, blankStep(kind, held))
    edit(changed)
    addAt(undefined)
    choose(name)
    look('step')
  }
  const takeOut = (name: string) => {
    edit(remove(now, name))
    if (chosen === name) choose(undefined)
  }
  const toFault = (fault: Fault) => {
    const node = nodeOf(fault, now)
    if (node) open(node)
    else look('policies')
  }
  const holdings = useMemo(() => {
    const own = (now.contents ?? []).filter(one => props.holdings.contents.every(({ name }) => name !== one.name))
    return { ...props.holdings, contents: [...own, ...props.holdings.contents] }
  }, [props.holdings, now.contents])
  useEffect(() => {
    document.title = `${now.name} · Cartwright`
  }, [now.name])

  const errors = faults.filter(fault => fault.severity === 'error').length
  const shared = { strategy: now, chosen, editable, troubled, lit, choose: open, add: addAt }
  return (
    <HoldingsContext value={holdings}>
      <div className="page flow-page">
        <header className="flow-head">
          <div className="flow-name">
            <h1 className="unseen">{now.name}</h1>
            {editable ? (
              <TextInput
                aria-label={say('strategies.name')}
                value={now.name}
                dir="auto"
                onChange={event => edit({ ...now, name: event.currentTarget.value }, 'name')}
              />
            ) : (
              <bdi className="flow-title-text" aria-hidden>
                {now.name}
              </bdi>
            )}
            {props.saved ? (
              <>
                <StrategyState state={props.saved.state} />
                <span className="quiet small nowrap">{say('flow.version', { n: props.saved.version })}</span>
              </>
            ) : (
              <span className="quiet small">{say('flow.draft')}</span>
            )}
          </div>
          <div className="row">
            <SegmentedControl
              size="xs"
              aria-label={say('flow.form')}
              value={form}
              onChange={value => draw(value as 'picture' | 'list')}
              data={[
                { value: 'picture', label: <Labelled icon={Workflow} text={say('flow.picture')} /> },
                { value: 'list', label: <Labelled icon={List} text={say('flow.list')} /> },
              ]}
            />
            {editable && (
              <>
                <ActionIcon.Group>
                  <ActionIcon variant="default" size="md" disabled={!canUndo} aria-label={say('flow.undo')} onClick={undo}>
                    <Undo2 size={16} className="mirrored" aria-hidden />
                  </ActionIcon>
                  <ActionIcon variant="default" size="md" disabled={!canRedo} aria-label={say('flow.redo')} onClick={redo}>
                    <Redo2 size={16} className="mirrored" aria-hidden />
                  </ActionIcon>
                </ActionIcon.Group>
              </>
            )}
            <More saved={props.saved} editable={editable} download={() => download(exported(now, props.holdings.contents))} />
            {editable && !props.saved && (
              <Button
                size="xs"
                variant="default"
                disabled={errors > 0}
                loading={save.isPending && save.variables === 'paused'}
                onClick={() => save.mutate('paused')}
              >
                {say('flow.savePaused')}
              </Button>
            )}
            {editable && (
              <Button
                size="xs"
                disabled={!(isDirty || isNew) || errors > 0}
                loading={save.isPending && save.variables === 'live'}
                onClick={() => save.mutate('live')}
              >
                {say(props.saved ? 'flow.saveVersion' : 'flow.publish')}
              </Button>
            )}
          </div>
        </header>
        {save.error && <Trouble error={save.error} />}
        {save.data && props.saved && (
          <p className="flow-note" role="status">
            {say('flow.savedVersion', { n: save.data.version })}{' '}
            <Link to="/$shop/strategies/$strategy/versions" params={{ shop: shop.id, strategy: props.saved.id }}>
              {say('flow.savedVersionLink')}
            </Link>
          </p>
        )}
        <div className="flow-body">
          {form === 'picture' ? (
            <Canvas {...shared} connect={(spot, to) => edit(lead(now, spot, to))} />
          ) : (
            <div className="flow-outline-box">
              <Outline {...shared} remove={takeOut} />
            </div>
          )}
          <Side
            ref={side}
            view={view}
            look={look}
            chosen={chosen ?? TRIGGER}
            strategy={now}
            faults={faults}
            editable={editable}
            change={edit}
            changeStep={(name, step, field) => edit(withStep(now, name, step), field && `${name}/${field}`)}
            rename={(name, to) => {
              edit(rename(now, name, to))
              choose(to)
            }}
            lead={(spot, to) => edit(lead(now, spot, to))}
            add={addAt}
            remove={takeOut}
            toFault={toFault}
            light={light}
          />
        </div>
        {isAsked && (
          <Suspense>
            <Palette opened={adding !== undefined} close={() => addAt(undefined)} choose={add} />
          </Suspense>
        )}
      </div>
    </HoldingsContext>
  )
}

/** What the service finds wrong. What it cannot even read is wrong too. */
async function faultsOf(strategy: Strategy): Promise<Fault[]> {
  try {
    return (await take(api.POST('/v1/strategies/check', { body: strategy }))).faults
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 422) throw error
    return error.errors.map(({ field, ...said }) => ({ path: field, ...said, severity: 'error' }))
  }
}

function Labelled({ icon: Icon, text }: { icon: typeof List; text: string }) {
  return (
    <span className="flow-labelled">
      <Icon size={15} aria-hidden />
      <span>{text}</span>
    </span>
  )
}

function More(props: { saved?: Saved; editable: boolean; download: () => void }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { saved } = props
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="md" aria-label={say('flow.more')}>
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={props.download}>{say('flow.export')}</Menu.Item>
        {saved && (
          <Menu.Item
            component={Link}
            to="/$shop/strategies/$strategy/versions"
            params={{ shop: shop.id, strategy: saved.id } as never}
          >
            {say('flow.versions')}
          </Menu.Item>
        )}
        {saved && props.editable && (
          <Menu.Item
            component={Link}
            to="/$shop/strategies/new"
            params={{ shop: shop.id } as never}
            search={{ copy: saved.id } as never}
          >
            {say('flow.copy')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
