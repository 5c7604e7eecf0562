/** Every form can be drawn for every kind of step, blank or from the library. */
import { MantineProvider } from '@mantine/core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { blankStep, blankStrategy, KINDS, whole } from '../src/flow/blanks'
import { insert, type Strategy, TRIGGER } from '../src/flow/document'
import { PolicyForm } from '../src/flow/forms/PolicyForm'
import { StepForm } from '../src/flow/forms/StepForm'
import { TriggerForm } from '../src/flow/forms/TriggerForm'
import { LIBRARY } from '../src/flow/library'
import { Outline } from '../src/flow/Outline'
import { Speaking, type Words } from '../src/words'

const words = JSON.parse(readFileSync(join(import.meta.dirname, '../src/words/en.json'), 'utf8')) as Words
const nothing = () => {}

/** All forms of a strategy and its list, as text. */
function drawn(strategy: Strategy): string {
  const steps = Object.keys(strategy.steps).map(name => (
    <StepForm
      key={name}
      name={name}
      strategy={strategy}
      faults={[{ path: `steps.${name}`, message: `look at ${name}`, severity: 'error' }]}
      change={nothing}
      rename={nothing}
      lead={nothing}
      add={nothing}
      remove={nothing}
    />
  ))
  return renderToString(
    <MantineProvider>
      <Speaking language="en" words={words} choose={nothing}>
        <TriggerForm strategy={strategy} faults={[]} change={nothing} />
        <PolicyForm strategy={strategy} faults={[]} change={nothing} />
        {steps}
        <Outline
          strategy={strategy}
          editable
          troubled={new Map()}
          choose={nothing}
          add={nothing}
          remove={nothing}
        />
      </Speaking>
    </MantineProvider>,
  )
}

test.each(KINDS.filter(kind => kind !== 'condition'))('a blank %s has a form', kind => {
  const held = { channels: ['inbox'], contents: ['hello'] }
  const [strategy, name] = insert(blankStrategy('New'), { from: TRIGGER, path: ['next'] }, blankStep(kind, held))
  const text = drawn(strategy)
  expect(text).toContain(`look at ${name}`)
  expect(text).toContain(`Remove: ${name}`)
})

test.each(LIBRARY.flatMap(({ key, strategy }) => (strategy ? [[key, whole(strategy)] as const] : [])))(
  'every step and policy of %s has a form',
  (_, strategy) => {
    const text = drawn(strategy)
    for (const name of Object.keys(strategy.steps)) expect(text).toContain(`look at ${name}`)
  },
)
