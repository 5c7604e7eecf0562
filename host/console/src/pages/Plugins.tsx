/** Plugins of the shop: what is installed and where it stands, and the way in for another. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Puzzle } from 'lucide-react'
import { api, take } from '../api/client'
import { Answer, Empty } from '../pieces/Answer'
import { Card } from '../pieces/Card'
import { Page } from '../pieces/Page'
import { Tag } from '../pieces/Tag'
import { byName, foremost, TONES, usePlugins, type Version } from '../plugins/plugin'
import { Upload } from '../plugins/Upload'
import { may } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

export function Plugins() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const plugins = usePlugins()
  return (
    <Page title={say('nav.plugins')} about={say('plugins.about')}>
      {may(shop, 'integrate') && <Upload />}
      <Answer of={plugins}>
        {versions =>
          versions.length === 0 ? (
            <Card>
              <Empty icon={Puzzle}>{say('plugins.none')}</Empty>
            </Card>
          ) : (
            <div className="grid wide">
              {byName(versions).map(([name, versions]) => (
                <One key={name} name={name} versions={versions} />
              ))}
            </div>
          )
        }
      </Answer>
      <Rejected />
    </Page>
  )
}

function One({ name, versions }: { name: string; versions: Version[] }) {
  const { say, word } = useSpeech()
  const { shop } = useVisit()
  const first = foremost(versions)
  if (!first) return null
  const { title, summary } = first.descriptor
  const standing = versions.filter(one => !['superseded', 'retired'].includes(one.stage))
  const shown = standing.length > 0 ? standing : versions.slice(0, 1)
  return (
    <article className="card stack">
      <div className="card-head flat">
        <h2>
          <Link to="/$shop/plugins/$plugin" params={{ shop: shop.id, plugin: name }}>
            <bdi>{title}</bdi>
          </Link>
        </h2>
        <Tag>{word('pluginKind', first.kind)}</Tag>
      </div>
      <p className="quiet">
        <bdi>{summary}</bdi>
      </p>
      <div className="push stack tight">
        {first.killed && (
          <div>
            <Tag tone="bad">{say('plugins.isKilled')}</Tag>
          </div>
        )}
        {shown.map(one => (
          <div key={one.digest} className="row">
            <span className="code">{one.version}</span>
            <Stage version={one} />
          </div>
        ))}
      </div>
    </article>
  )
}

/** Where a version stands, and whether it fails. */
export function Stage({ version }: { version: Version }) {
  const { say, word } = useSpeech()
  return (
    <>
      <Tag tone={TONES[version.stage]}>
        {word('stage', version.stage)}
        {version.stage === 'canary' && ` ${version.percent} %`}
      </Tag>
      {version.breaker?.open && <Tag tone="bad">{say('plugins.breakerOpen')}</Tag>}
    </>
  )
}

/** What was not taken as a plugin, and why. */
function Rejected() {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const rejected = useQuery({
    queryKey: ['shop', shop.id, 'plugins', 'rejected'],
    queryFn: () => take(api.GET('/v1/plugins/rejected', { params: { query: { limit: 20 } } })),
  })
  if (!rejected.data?.items.length) return null
  return (
    <Card title={say('plugins.rejected')}>
      <ul className="plain records">
        {rejected.data.items.map(one => (
          <li key={one.id} className="stack tight">
            <div className="row small quiet">
              <time>{moment(one.at, shop.time_zone)}</time>
              <bdi>{one.by}</bdi>
              <span className="code">{one.digest.slice(0, 12)}</span>
            </div>
            <strong>{word('pluginCheck', one.check)}</strong>
            <div lang="en" dir="ltr">
              {one.message}
            </div>
            <div className="quiet">{word('pluginCheckNext', one.check)}</div>
          </li>
        ))}
      </ul>
    </Card>
  )
}
