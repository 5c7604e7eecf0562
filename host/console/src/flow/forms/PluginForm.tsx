/** What a step tells the plugin that it asks. Most steps ask none, so the form comes when one does. */
import { lazy, Suspense } from 'react'
import type { Schemas } from '../../api/client'
import { Waiting } from '../../pieces/Answer'
import type { Schema } from '../../pieces/schema'

const SchemaForm = lazy(async () => ({ default: (await import('../../pieces/SchemaForm')).SchemaForm }))

export function PluginForm(props: {
  plugin: Schemas['PluginView']
  value: unknown
  change: (value: unknown) => void
}) {
  const { plugin, value, change } = props
  return (
    <Suspense fallback={<Waiting />}>
      <SchemaForm
        key={plugin.digest}
        schema={plugin.descriptor.config_schema as Schema}
        value={value}
        change={change}
      />
    </Suspense>
  )
}
