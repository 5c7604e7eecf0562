/** The shop's strategies: which are at work, and how each is paused, closed, stopped or made live again. */
import { Button, Menu, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronDown, Workflow } from 'lucide-react'
import { useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Pages, usePages } from '../pieces/lists'
import { Page } from '../pieces/Page'
import { StrategyState } from '../pieces/states'
import { may, queries } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Line = Schemas['StrategyLine']
type State = Schemas['StrategyState']
const STATES: State[] = ['live', 'paused', 'closed', 'stopped']

export function Strategies() {
  const { say, word, number } = useSpeech()
  const { shop } = useVisit()
  const { name, state } = useSearch({ from: '/$shop/strategies' })
  const navigate = useNavigate({ from: '/$shop/strategies' })
  const [changing, change] = useState<{ strategy: Line; to: State } | null>(null)
  const strategies = usePages(['strategies', name, state], after =>
    take(api.GET('/v1/strategies', { params: { query: { after, limit: 50, name, state } } })),
  )
  const canEdit = may(shop, 'edit')
  return (
    <Page title={say('nav.strategies')} about={say('strategies.about')}>
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
      </search>
      <Card flush>
        <Pages
          of={strategies}
          icon={Workflow}
          empty="strategies.none"
          idOf={one => one.id}
          columns={[
            ['strategies.name', one => <bdi>{one.name}</bdi>],
            ['strategies.trigger', one => word('trigger', one.trigger)],
            [
              'strategies.state',
              one =>
                canEdit ? (
                  <States strategy={one} choose={to => change({ strategy: one, to })} />
                ) : (
                  <StrategyState state={one.state} />
                ),
            ],
            ['reports.version', one => number(one.version)],
            [
              'nav.runs',
              one => (
                <Link to="/$shop/runs" params={{ shop: shop.id }} search={{ strategy: one.id }}>
                  {say('strategies.itsRuns')}
                </Link>
              ),
            ],
          ]}
        />
      </Card>
      <Changing changing={changing} close={() => change(null)} />
    </Page>
  )
}

function States({ strategy, choose }: { strategy: Line; choose: (to: State) => void }) {
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
      </Menu.Dropdown>
    </Menu>
  )
}

/** What a change of state does is said before it is done. */
function Changing(props: { changing: { strategy: Line; to: State } | null; close: () => void }) {
  const { say, word } = useSpeech()
  const { shop } = useVisit()
  const { changing, close } = props
  const changed = useMutation({
    mutationFn: ({ strategy, to }: { strategy: Line; to: State }) =>
      take(
        api.POST('/v1/strategies/{strategy}/state', {
          params: { path: { strategy: strategy.id } },
          body: { state: to },
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
      closeButtonProps={{ 'aria-label': say('answer.close') }}
    >
      {changing && (
        <div className="stack">
          {changed.error && <Trouble error={changed.error} />}
          <p>{word('stateAbout', changing.to)}</p>
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
