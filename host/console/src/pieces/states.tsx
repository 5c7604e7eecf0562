/** States of things, each as a word with a colour. */
import type { Schemas } from '../api/client'
import { useSpeech } from '../words'
import { Tag, type Tone } from './Tag'

const OF_STRATEGY: Record<Schemas['StrategyState'], Tone> = {
  live: 'good',
  paused: 'warn',
  closed: 'plain',
  stopped: 'plain',
}

export function StrategyState({ state }: { state: Schemas['StrategyState'] }) {
  const { word } = useSpeech()
  return <Tag tone={OF_STRATEGY[state]}>{word('strategyState', state)}</Tag>
}

const OF_MESSAGE: Record<Schemas['MessageView']['state'], Tone> = {
  queued: 'plain',
  handed_over: 'plain',
  held: 'warn',
  accepted: 'good',
  rejected: 'bad',
  uncertain: 'warn',
  skipped: 'plain',
  held_out: 'plain',
}

/** Where a message stands, with its reason. */
export function MessageState({ message }: { message: Schemas['MessageView'] }) {
  const { word } = useSpeech()
  return <Tag tone={OF_MESSAGE[message.state]}>{word('messageState', message.state)}</Tag>
}

/** Why a message stands where it stands, if there is a reason. */
export function useMessageReason() {
  const { word } = useSpeech()
  return (message: Schemas['MessageView']): string => {
    if (message.state === 'skipped') return word('skip', message.reason)
    if (message.state === 'held') return word('hold', message.reason)
    if (message.state === 'rejected') return word('rejection', message.class)
    return message.receipt ? word('receipt', message.receipt) : ''
  }
}

/** Where a run stands. */
export function RunPosition({ position }: { position: Schemas['Position'] }) {
  const { say, word } = useSpeech()
  switch (position.at) {
    case 'settling':
      return <Tag>{say('run.settling')}</Tag>
    case 'step':
    case 'message':
      return (
        <Tag tone="good">
          {say('run.atStep')} <bdi>{position.step}</bdi>
        </Tag>
      )
    case 'ended':
      return (
        <Tag tone={position.reason === 'plugin_failed' ? 'bad' : 'plain'}>{word('end', position.reason)}</Tag>
      )
  }
}

const OF_CONSENT: Record<Schemas['ConsentState'], Tone> = {
  unknown: 'plain',
  subscribed: 'good',
  unsubscribed: 'bad',
}

export function ConsentState({ consent }: { consent?: Schemas['Consent'] | null }) {
  const { word } = useSpeech()
  const state = consent?.state ?? 'unknown'
  return <Tag tone={OF_CONSENT[state]}>{word('consent', state)}</Tag>
}
