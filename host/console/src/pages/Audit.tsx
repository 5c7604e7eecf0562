/** Who changed what in the shop, newest first. */
import { ScrollText } from 'lucide-react'
import { api, type Schemas, take } from '../api/client'
import { Card } from '../pieces/Card'
import { Pages, usePages } from '../pieces/lists'
import { Page } from '../pieces/Page'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'

type Change = Schemas['Change']

export function Audit() {
  const { say, word, moment } = useSpeech()
  const { shop } = useVisit()
  const changes = usePages(['audit'], after =>
    take(api.GET('/v1/audit', { params: { query: { after, limit: 50 } } })),
  )
  return (
    <Page title={say('nav.audit')} about={say('audit.about')}>
      <Card flush>
        <Pages
          of={changes}
          icon={ScrollText}
          empty="audit.none"
          idOf={change => change.id}
          columns={[
            ['audit.when', change => <span className="nowrap">{moment(change.at, shop.time_zone)}</span>],
            ['audit.who', change => <Who change={change} />],
            ['audit.what', change => word('change', change.operation)],
            ['audit.which', change => <Which change={change} />],
          ]}
        />
      </Card>
    </Page>
  )
}

function Who({ change }: { change: Change }) {
  const { say } = useSpeech()
  return (
    <>
      <bdi>{change.by}</bdi>
      {change.with === 'key' && <span className="quiet"> · {say('audit.key')}</span>}
    </>
  )
}

/** Its name where one is known, else what the address named. */
function Which({ change }: { change: Change }) {
  const { word } = useSpeech()
  const named = change.name ?? Object.values(change.about ?? {}).join(' / ')
  return (
    <>
      {change.name ? <bdi>{named}</bdi> : <span className="code">{named || '–'}</span>}
      {change.state && <span className="quiet"> · {word('strategyState', change.state)}</span>}
    </>
  )
}
