/** A list that is asked for again as soon as the service tells of a change, and says whether it is told. */
import { queries } from '../session'
import { useVisit } from '../shell/shop'
import { useSpeech } from '../words'
import { useLive } from './live'
import { Tag } from './Tag'

export function Listening({ list }: { list: Parameters<typeof useLive>[0] }) {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const isLive = useLive(list, () => {
    queries.invalidateQueries({ queryKey: ['shop', shop.id, list] })
  })
  return <Tag tone={isLive ? 'good' : 'plain'}>{say(isLive ? 'live.on' : 'live.off')}</Tag>
}
