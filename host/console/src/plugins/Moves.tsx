/** What somebody can do to a plugin, each with what it means before it is done. */
import { Button, Menu, NumberInput, TextInput } from '@mantine/core'
import { ChevronDown, CircleStop, Play, Undo2 } from 'lucide-react'
import { useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Confirm } from '../pieces/Confirm'
import { useSpeech } from '../words'
import { useDoing, type Version } from './plugin'

type Target = Schemas['Target']
const DECIDING: Target[] = ['active', 'canary', 'shadow', 'installed', 'retired']
const OTHERS: Target[] = ['active', 'installed', 'retired']

/** The stages that a version can go to from where it stands. */
function targetsOf(version: Version, hasActive: boolean): Target[] {
  const decides = version.kind === 'condition' || version.kind === 'selector'
  const beside = decides && hasActive && !version.active
  return (beside ? DECIDING : OTHERS).filter(to => {
    if (to === version.stage) return to === 'canary'
    return version.stage !== 'waiting' || to === 'installed' || to === 'retired'
  })
}

export function Promote({ version, hasActive }: { version: Version; hasActive: boolean }) {
  const { say, word } = useSpeech()
  const [to, choose] = useState<Target | null>(null)
  const [percent, share] = useState<number | string>(10)
  const [why, explain] = useState('')
  const moved = useDoing(() =>
    take(
      api.POST('/v1/plugins/{digest}/promote', {
        params: { path: { digest: version.digest } },
        body: {
          to: to ?? 'installed',
          percent: to === 'canary' ? Number(percent) : null,
          why: why || null,
        },
      }),
    ),
  )
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<ChevronDown size={14} aria-hidden />}>
            {say('plugins.move')} <span className="unseen">{version.version}</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {targetsOf(version, hasActive).map(to => (
            <Menu.Item key={to} onClick={() => choose(to)}>
              {word('stageTo', to)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        isOpen={to !== null}
        close={() => choose(null)}
        title={say('plugins.moveTitle', { name: version.descriptor.title, version: version.version })}
        go={to ? word('stageTo', to) : ''}
        does={moved}
      >
        <p>{to && word('stageAbout', to)}</p>
        {to === 'active' && <p className="quiet">{say('plugins.checkedBefore')}</p>}
        {to === 'canary' && (
          <NumberInput
            label={say('plugins.percent')}
            min={1}
            max={99}
            suffix=" %"
            value={percent}
            onChange={share}
          />
        )}
        <Why value={why} write={explain} />
      </Confirm>
    </>
  )
}

function Why(props: { value: string; write: (value: string) => void; isNeeded?: boolean }) {
  const { say } = useSpeech()
  return (
    <TextInput
      label={say('plugins.why')}
      description={say('plugins.whyAbout')}
      withAsterisk={props.isNeeded}
      value={props.value}
      onChange={event => props.write(event.currentTarget.value)}
    />
  )
}

/** Back to the version before. */
export function RollBack({ name, versions }: { name: string; versions: Version[] }) {
  const { say } = useSpeech()
  const [isOpen, open] = useState(false)
  const [why, explain] = useState('')
  const before = versions
    .filter(one => one.stage === 'superseded')
    .sort((one, other) => Date.parse(String(other.since)) - Date.parse(String(one.since)))[0]
  const back = useDoing(() =>
    take(
      api.POST('/v1/plugins/{name}/rollback', {
        params: { path: { name } },
        body: { major: null, why: why || null },
      }),
    ),
  )
  if (!before) return null
  return (
    <>
      <Button
        variant="default"
        leftSection={<Undo2 className="mirrored" size={16} aria-hidden />}
        onClick={() => open(true)}
      >
        {say('plugins.rollBack')}
      </Button>
      <Confirm
        isOpen={isOpen}
        close={() => open(false)}
        title={say('plugins.rollBack')}
        go={say('plugins.rollBack')}
        does={back}
      >
        <p>{say('plugins.rollBackAbout', { version: before.version })}</p>
        <Why value={why} write={explain} />
      </Confirm>
    </>
  )
}

/** The kill switch, and the way back. */
export function Kill({ name, isKilled }: { name: string; isKilled: boolean }) {
  const { say } = useSpeech()
  const [isOpen, open] = useState(false)
  const [why, explain] = useState('')
  const params = { path: { name } }
  const killed = useDoing(() => take(api.POST('/v1/plugins/{name}/kill', { params, body: { why } })))
  const revived = useDoing(() => take(api.POST('/v1/plugins/{name}/revive', { params })))
  const word = isKilled ? 'plugins.revive' : 'plugins.kill'
  return (
    <>
      <Button
        variant="default"
        color={isKilled ? undefined : 'red'}
        leftSection={isKilled ? <Play size={16} aria-hidden /> : <CircleStop size={16} aria-hidden />}
        onClick={() => open(true)}
      >
        {say(word)}
      </Button>
      <Confirm
        isOpen={isOpen}
        close={() => open(false)}
        title={say(word)}
        go={say(word)}
        isGrave={!isKilled}
        isReady={isKilled || why.trim() !== ''}
        does={isKilled ? revived : killed}
      >
        <p>{say(isKilled ? 'plugins.reviveAbout' : 'plugins.killAbout')}</p>
        {!isKilled && <Why value={why} write={explain} isNeeded />}
      </Confirm>
    </>
  )
}
