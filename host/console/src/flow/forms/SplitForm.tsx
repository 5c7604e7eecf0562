/** A split: shares of the customers go different ways, always the same ones (S16). */
import { Button } from '@mantine/core'
import { Plus } from 'lucide-react'
import { useSpeech } from '../../words'
import { freeName, type StepOf } from '../document'
import { NumberField, Part } from './fields'
import type { FormOf } from './StepForm'

export function SplitForm({ step, change }: FormOf<StepOf<'split'>>) {
  const { say, share } = useSpeech()
  const arms = Object.entries(step.arms)
  const all = arms.reduce((sum, [, arm]) => sum + arm.weight, 0)
  const next = 'abcdefghijklmnopqrstuvwxyz'.split('').find(name => !(name in step.arms)) ?? freeName('arm', Object.keys(step.arms))
  return (
    <>
      {arms.map(([name, arm]) => (
        <Part
          key={name}
          title={say('flow.split.arm', { name })}
          remove={
            arms.length > 2
              ? () => change({ ...step, arms: Object.fromEntries(arms.filter(([one]) => one !== name)) })
              : undefined
          }
        >
          <NumberField
            label={say('flow.split.weight')}
            about={all > 0 ? share(arm.weight / all) : undefined}
            min={0}
            value={arm.weight}
            change={weight =>
              change({ ...step, arms: { ...step.arms, [name]: { ...arm, weight: weight ?? 0 } } }, `weight-${name}`)
            }
          />
        </Part>
      ))}
      <div>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => change({ ...step, arms: { ...step.arms, [next]: { weight: 50, next: '' } } })}
        >
          {say('flow.split.add')}
        </Button>
      </div>
    </>
  )
}
