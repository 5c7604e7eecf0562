/** What a version may use; an operator may change it, everybody else sees it. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import { api, type Schemas, take } from '../api/client'
import { Trouble } from '../pieces/Answer'
import { faultsOf, type Schema, SchemaForm } from '../pieces/SchemaForm'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { useDoing, type Version } from './plugin'

/** What an operator stays within, as the host has it. */
const BOUNDS: [keyof Schemas['PluginLimits'], number, number][] = [
  ['call_ms', 1, 1_000],
  ['memory_mib', 1, 512],
  ['output_kib', 1, 4_096],
  ['log_lines', 0, 1_000],
  ['rounds', 1, 20],
  ['request_s', 1, 60],
]

export function Limits({ version }: { version: Version }) {
  const { say, word, number } = useSpeech()
  const { person } = useVisit()
  const [limits, change] = useState<Schemas['PluginLimits']>(version.limits ?? {})
  const saved = useDoing(() =>
    take(
      api.PUT('/v1/plugins/{digest}/limits', { params: { path: { digest: version.digest } }, body: limits }),
    ),
  )
  const schema: Schema = {
    type: 'object',
    properties: Object.fromEntries(
      BOUNDS.map(([name, minimum, maximum]) => [
        name,
        {
          type: 'integer',
          title: word('limit', name),
          description: say('plugins.bounds', { least: number(minimum), most: number(maximum) }),
          minimum,
          maximum,
        },
      ]),
    ),
  }
  const isOperator = person.standing === 'operator'
  return (
    <form
      className="stack"
      onSubmit={event => {
        event.preventDefault()
        saved.mutate()
      }}
    >
      <p className="quiet">{say(isOperator ? 'plugins.limitsAbout' : 'plugins.limitsOfOperator')}</p>
      {saved.error && <Trouble error={saved.error} />}
      <div className="narrow-form">
        <SchemaForm
          schema={schema}
          value={limits}
          change={value => change((value ?? {}) as Schemas['PluginLimits'])}
          isStill={!isOperator}
        />
      </div>
      {isOperator && (
        <div>
          <Button
            type="submit"
            loading={saved.isPending}
            disabled={faultsOf(schema, schema, limits).length > 0}
          >
            {say('plugins.save')}
          </Button>
        </div>
      )}
    </form>
  )
}
