/** A new channel or source: first the plugin that speaks for it, then what that wants to know. */
import { NativeSelect } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Puzzle } from 'lucide-react'
import { isKind, pluginKindOf } from '../connections/connection'
import { SettingsForm } from '../connections/SettingsForm'
import { Answer, Empty } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { usePlugins } from '../plugins/plugin'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function ConnectionNew() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const { kind: given } = useParams({ from: '/$shop/connections/new/$kind' })
  const { plugin } = useSearch({ from: '/$shop/connections/new/$kind' })
  const navigate = useNavigate({ from: '/$shop/connections/new/$kind' })
  const kind = isKind(given) ? given : 'channels'
  const plugins = usePlugins()
  return (
    <Page
      title={say(kind === 'channels' ? 'connections.newChannel' : 'connections.newSource')}
      about={say('connections.newAbout')}
    >
      <Card>
        <Answer of={plugins}>
          {all => {
            const fitting = all.filter(one => one.active && one.kind === pluginKindOf(kind))
            const chosen = fitting.find(one => one.name === plugin)
            if (fitting.length === 0) {
              return (
                <Empty icon={Puzzle}>
                  {say('connections.noPlugin')}{' '}
                  <Link to="/$shop/plugins" params={{ shop: shop.id }}>
                    {say('nav.plugins')}
                  </Link>
                </Empty>
              )
            }
            return (
              <div className="stack narrow-page">
                <NativeSelect
                  label={say('connections.plugin')}
                  description={chosen && <bdi>{chosen.descriptor.summary}</bdi>}
                  value={chosen?.name ?? ''}
                  data={[
                    ...(chosen ? [] : [{ value: '', label: say('form.choose') }]),
                    ...fitting.map(one => ({ value: one.name, label: one.descriptor.title })),
                  ]}
                  onChange={event =>
                    navigate({ search: { plugin: event.currentTarget.value || undefined }, replace: true })
                  }
                />
                {chosen && (
                  <SettingsForm
                    key={chosen.digest}
                    kind={kind}
                    version={chosen}
                    saved={({ name }) =>
                      navigate({
                        to: '/$shop/connections/$kind/$name',
                        params: { shop: shop.id, kind, name },
                        search: { saved: true },
                      })
                    }
                  />
                )}
              </div>
            )
          }}
        </Answer>
      </Card>
    </Page>
  )
}
