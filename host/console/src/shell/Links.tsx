/** Where one can go. A page that is not there yet is not here either. */
import { Link } from '@tanstack/react-router'
import {
  AppWindow,
  BellRing,
  ChartNoAxesColumn,
  Contact,
  FileText,
  House,
  Inbox,
  type LucideIcon,
  MessagesSquare,
  PlugZap,
  Puzzle,
  Route,
  ScrollText,
  Send,
  Users,
  Workflow,
} from 'lucide-react'
import { may } from '../session'
import { type Key, useSpeech } from '../words'
import { useVisit } from './shop'

type Address =
  | '/$shop'
  | '/$shop/strategies'
  | '/$shop/connections'
  | '/$shop/plugins'
  | '/$shop/contents'
  | '/$shop/inbox'
  | '/$shop/customers'
  | '/$shop/runs'
  | '/$shop/messages'
  | '/$shop/replies'
  | '/$shop/reports'
  | '/$shop/storefront'
  | '/$shop/alerts'
  | '/$shop/people'
  | '/$shop/audit'
type Place = { to: Address; word: Key; icon: LucideIcon; hidden?: boolean }

export function Links() {
  const { say } = useSpeech()
  const { shop } = useVisit()
  const places: Place[] = [
    { to: '/$shop', word: 'nav.overview', icon: House },
    { to: '/$shop/strategies', word: 'nav.strategies', icon: Workflow },
    { to: '/$shop/contents', word: 'nav.contents', icon: FileText },
    { to: '/$shop/customers', word: 'nav.customers', icon: Contact },
    { to: '/$shop/runs', word: 'nav.runs', icon: Route },
    { to: '/$shop/messages', word: 'nav.messages', icon: Send },
    { to: '/$shop/replies', word: 'nav.replies', icon: MessagesSquare },
    { to: '/$shop/reports', word: 'nav.reports', icon: ChartNoAxesColumn },
    { to: '/$shop/inbox', word: 'nav.inbox', icon: Inbox },
    { to: '/$shop/connections', word: 'nav.connections', icon: PlugZap },
    { to: '/$shop/plugins', word: 'nav.plugins', icon: Puzzle },
    { to: '/$shop/storefront', word: 'nav.storefront', icon: AppWindow },
    { to: '/$shop/alerts', word: 'nav.alerts', icon: BellRing },
    { to: '/$shop/people', word: 'nav.people', icon: Users, hidden: !may(shop, 'own') },
    { to: '/$shop/audit', word: 'nav.audit', icon: ScrollText, hidden: !may(shop, 'own') },
  ]
  return (
    <nav aria-label={say('frame.menu')}>
      <ul className="links">
        {places
          .filter(place => !place.hidden)
          .map(({ to, word, icon: Icon }) => (
            <li key={to}>
              <Link to={to} params={{ shop: shop.id }} activeOptions={{ exact: to === '/$shop' }}>
                <Icon size={18} strokeWidth={1.8} aria-hidden />
                {say(word)}
              </Link>
            </li>
          ))}
      </ul>
    </nav>
  )
}
