/** The shop's strategies: which are at work, and how each is paused, closed, stopped, made live again or deleted. */
import { Button, Menu, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronDown, Plus, Workflow } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { TRIGGERS } from '../flow/triggers'
import { Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Confirm } from '../pieces/Confirm'
import { Pages, usePages } from '../pieces/lists'
import { Page } from '../pieces/Page'
import { StrategyState } from '../pieces/states'
import { may, queries } from '../session'
import { useVisit } from '../shell/shop'
import { type Key, useSpeech } from '../words'

type Line = Schemas['StrategyLine']
type State = Schemas['StrategyState']
const COPY: [Key, (one: Line) => ReactNode] = ['flow.copy', one => <Copy of={one} />]
const STATES: State[] = ['live', 'paused', 'closed', 'stopped']
/** As far as the service counts. */
const MOST_COUNTED = 10_000

export function Strategies() {
  const { say, word, number, day } = useSpeech()
  const { shop } = useVisit()
  const { name, state, trigger } = useSearch({ from: '/$shop/strategies' })
  const navigate = useNavigate({ from: '/$shop/strategies' })
  const [changing, change] = useState<{ strategy: Line; to: State } | null>(null)
  const [leaving, leave] = useState<Line | null>(null)
  const strategies = usePages(['strategies', name, state, trigger], after =>
    take(api.GET('/v1/strategies', { params: { query: { after, limit: 50, name, state, trigger } } })),
  )
  const canEdit = may(shop, 'edit')
  return (
    <Page
      title={say('nav.strategies')}
      about={say('strategies.about')}
      actions={
        canEdit && (
          <Button
            leftSection={<Plus size={16} aria-hidden />}
            renderRoot={given => <Link to="/$shop/strategies/new" params={{ shop: shop.id }} {...given} />}
          >
            {say('flow.new')}
          </Button>
        )
      }
    >
      <search className="row">
        <TextInput
          type="search"
          aria-label={say('strategies.search')}
          placeholder={say('strategies.search')}
          defaultValue={name ?? ''}
          onChange={event => {
            const name = event.currentTarget.value || undefined
            navigate({ search: before => ({ ...before, name }), replace: true })
          }}
        />
        <NativeSelect
          aria-label={say('strategies.state')}
          value={state ?? ''}
          data={[
            { value: '', label: say('strategies.everyState') },
            ...STATES.map(value => ({ value, label: word('strategyState', value) })),
          ]}
          onChange={event => {
            const state = (event.currentTarget.value || undefined) as State | undefined
            navigate({ search: before => ({ ...before, state }) })
          }}
        />
        <NativeSelect
          aria-label={say('strategies.trigger')}
          value={trigger ?? ''}
          data={[
            { value: '', label: say('flow.everyTrigger') },
            ...TRIGGERS.map(value => ({ value, label: word('trigger', value) })),
          ]}
          onChange={event => {
            const trigger = TRIGGERS.find(one => one === event.currentTarget.value)
            navigate({ search: before => ({ ...before, trigger }) })
          }}
        />
      </search>
      <Card flush>
        <Pages
          of={strategies}
          icon={Workflow}
          empty="strategies.none"
          idOf={one => one.id}
          columns={[
            [
              'strategies.name',
              one => (
                <Link to="/$shop/strategies/$strategy" params={{ shop: shop.id, strategy: one.id }}>
                  <bdi>{one.name}</bdi>
                </Link>
              ),
            ],
            ['strategies.trigger', one => word('trigger', one.trigger)],
            ['strategies.channels', one => <bdi>{one.channels.join(', ') || '–'}</bdi>],
            ['strategies.sender', one => <Sender of={one} />],
            [
              'strategies.state',
              one => (
                <>
                  {canEdit ? (
                    <States
                      strategy={one}
                      choose={to => change({ strategy: one, to })}
                      remove={() => leave(one)}
                    />
                  ) : (
                    <StrategyState state={one.state} />
                  )}
                  <Given of={one} />
                  <Held of={one} />
                </>
              ),
            ],
            [
              'reports.version',
              one => (
                <Link to="/$shop/strategies/$strategy/versions" params={{ shop: shop.id, strategy: one.id }}>
                  {number(one.version)}
                  <span className="unseen"> {say('flow.versions')}</span>
                </Link>
              ),
            ],
            [
              'strategies.running',
              one => (
                <Link
                  to="/$shop/runs"
                  params={{ shop: shop.id }}
                  search={{ strategy: one.id, ...(one.running > 0 ? { active: true } : {}) }}
                >
                  {number(one.running)}
                  {one.running >= MOST_COUNTED && '+'}
                  <span className="unseen"> {say('strategies.itsRuns')}</span>
                </Link>
              ),
            ],
            ['strategies.changed', one => <span className="nowrap">{day(one.changed_at, shop.time_zone)}</span>],
            ['strategies.created', one => <span className="nowrap">{day(one.created_at, shop.time_zone)}</span>],
            ...(canEdit ? [COPY] : []),
          ]}
        />
      </Card>
      <Changing changing={changing} close={() => change(null)} />
      {leaving && <Leaving strategy={leaving} close={() => leave(null)} />}
    </Page>
  )
}

/** Who gave it its state, and why. */
function Given({ of }: { of: Line }) {
  const { say, moment } = useSpeech()
  const { shop } = useVisit()
  const { state_change: change } = of
  if (!change) return null
  return (
    <div className="quiet small">
      {say('strategies.given', { by: change.by, at: moment(change.at, shop.time_zone) })}
      {change.reason && <div dir="auto">“{change.reason}”</div>}
    </div>
  )
}

/** Over which channels a live strategy says nothing at the moment, and why; what to do stands there. */
function Held({ of }: { of: Line }) {
  const { word } = useSpeech()
  const { shop } = useVisit()
  return Object.entries(of.held).map(([channel, reason]) => (
    <div key={channel} className="small">
      <Link to="/$shop/connections/$kind/$name" params={{ shop: shop.id, kind: 'channels', name: channel }}>
        <bdi>{channel}</bdi>
      </Link>
      {': '}
      {word('hold', reason)}
    </div>
  ))
}

/** The sender of each channel that has several, and those that stand in for it. */
function Sender({ of }: { of: Line }) {
  const { say } = useSpeech()
  const channels = Object.entries(of.senders)
  if (channels.length === 0) return '–'
  return channels.map(([channel, [first, ...others]]) => (
    <div key={channel}>
      <bdi>{first}</bdi>
      <span className="quiet small">
        {' '}
        {channels.length > 1 && <bdi>({channel}) </bdi>}
        {others.length > 0 && say('strategies.thenBy', { names: others.join(', ') })}
      </span>
    </div>
  ))
}

function Copy({ of }: { of: Line }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  return (
    <Link
      to="/$shop/strategies/new"
      params={{ shop: shop.id }}
      search={{ copy: of.id }}
      aria-label={`${say('flow.copy')}: ${of.name}`}
    >
      {say('flow.copy')}
    </Link>
  )
}

function States(props: { strategy: Line; choose: (to: State) => void; remove: () => void }) {
  const { strategy, choose, remove } = props
  const { say, word } = useSpeech()
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button
          type="button"
          className="tag-button"
          aria-label={say('strategies.change', {
            name: strategy.name,
            state: word('strategyState', strategy.state),
          })}
        >
          <StrategyState state={strategy.state} />
          <ChevronDown size={14} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {STATES.filter(to => to !== strategy.state).map(to => (
          <Menu.Item key={to} onClick={() => choose(to)}>
            {word('makeState', to)}
          </Menu.Item>
        ))}
        {strategy.state !== 'live' && (
          <>
            <Menu.Divider />
            <Menu.Item color="red" onClick={remove}>
              {say('strategies.delete')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}

function Leaving({ strategy, close }: { strategy: Line; close: () => void }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const removed = useMutation<void, Error, void>({
    mutationFn: async () => {
      await take(api.DELETE('/v1/strategies/{strategy}', { params: { path: { strategy: strategy.id } } }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['shop', shop.id] }),
  })
  return (
    <Confirm
      isOpen
      close={close}
      title={<bdi>{strategy.name}</bdi>}
      go={say('strategies.delete')}
      isGrave
      does={removed}
    >
      <p>{say('strategies.deleteAbout')}</p>
      <p className="quiet small">{say('strategies.deleteNot')}</p>
    </Confirm>
  )
}

/** What a change of state does is said before it is done. */
function Changing(props: { changing: { strategy: Line; to: State } | null; close: () => void }) {
  const { say, word } = useSpeech()
  const { shop } = useVisit()
  const { changing } = props
  const [reason, give] = useState('')
  const close = () => {
    give('')
    props.close()
  }
  const changed = useMutation({
    mutationFn: ({ strategy, to }: { strategy: Line; to: State }) =>
      take(
        api.POST('/v1/strategies/{strategy}/state', {
          params: { path: { strategy: strategy.id } },
          body: { state: to, reason: reason.trim() || null },
        }),
      ),
    onSuccess: async () => {
      close()
      await queries.invalidateQueries({ queryKey: ['shop', shop.id] })
    },
  })
  return (
    <Modal
      opened={changing !== null}
      onClose={close}
      title={<bdi>{changing?.strategy.name}</bdi>}
      // `Close` is a state here
      closeButtonProps={{ 'aria-label': say('answer.cancel') }}
    >
      {changing && (
        <div className="stack">
          {changed.error && <Trouble error={changed.error} />}
          <p>{word('stateAbout', changing.to)}</p>
          <TextInput
            label={say('strategies.reason')}
            description={say('strategies.reasonAbout')}
            dir="auto"
            maxLength={500}
            value={reason}
            onChange={event => give(event.currentTarget.value)}
          />
          <div className="row">
            <Button
              color={changing.to === 'stopped' ? 'red' : undefined}
              loading={changed.isPending}
              onClick={() => changed.mutate(changing)}
            >
              {word('makeState', changing.to)}
            </Button>
            <Button variant="default" onClick={close}>
              {say('answer.cancel')}
            </Button>
          </div>
        </div>
      )}
    </Modal>
  )
}
