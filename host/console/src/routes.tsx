/** Every address of the console. A page is fetched when somebody goes there. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { type Schemas, speakAbout } from './api/client'
import { TRIGGERS } from './flow/triggers'
import { openSession, queries } from './session'

// The frame and what is shown when something breaks are no part of the first script either.
const Broken = lazyRouteComponent(() => import('./pages/Broken'), 'Broken')
const Away = lazyRouteComponent(() => import('./pages/Broken'), 'Away')

const KEPT_SHOP = 'cartwright-shop'

const root = createRootRoute({ component: Outlet, errorComponent: Broken, notFoundComponent: Away })

const optional = (search: Record<string, unknown>, name: string) =>
  typeof search[name] === 'string' ? { [name]: search[name] } : {}

const several = (search: Record<string, unknown>, names: string[]) =>
  Object.assign({}, ...names.map(name => optional(search, name)))

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { to?: string; refused?: string } =>
    several(search, ['to', 'refused']),
  component: lazyRouteComponent(() => import('./pages/SignIn'), 'SignIn'),
})

const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./pages/Welcome'), 'Welcome'),
})

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async ({ location }) => {
    const { person } = await openSession()
    if (!person) throw redirect({ to: '/sign-in', search: { to: location.href } })
    const kept = localStorage.getItem(KEPT_SHOP)
    const shop = person.shops.find(one => one.id === kept) ?? person.shops[0]
    if (shop) throw redirect({ to: '/$shop', params: { shop: shop.id } })
  },
  component: lazyRouteComponent(() => import('./pages/NoShop'), 'NoShop'),
})

const shop = createRoute({
  getParentRoute: () => root,
  path: '/$shop',
  beforeLoad: async ({ params, location }) => {
    const session = await openSession()
    if (!session.person) throw redirect({ to: '/sign-in', search: { to: location.href } })
    const chosen = session.person.shops.find(one => one.id === params.shop)
    if (!chosen) throw redirect({ to: '/' })
    if (localStorage.getItem(KEPT_SHOP) !== chosen.id) queries.removeQueries({ queryKey: ['shop'] })
    localStorage.setItem(KEPT_SHOP, chosen.id)
    speakAbout(chosen.id)
    return { shop: chosen, person: session.person, mode: session.mode }
  },
  component: lazyRouteComponent(() => import('./shell/Frame'), 'Frame'),
})

const overview = createRoute({
  getParentRoute: () => shop,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/Overview'), 'Overview'),
})

const storefront = createRoute({
  getParentRoute: () => shop,
  path: '/storefront',
  component: lazyRouteComponent(() => import('./pages/Storefront'), 'Storefront'),
})

const people = createRoute({
  getParentRoute: () => shop,
  path: '/people',
  component: lazyRouteComponent(() => import('./pages/People'), 'People'),
})

const alerts = createRoute({
  getParentRoute: () => shop,
  path: '/alerts',
  component: lazyRouteComponent(() => import('./pages/Alerts'), 'Alerts'),
})

const audit = createRoute({
  getParentRoute: () => shop,
  path: '/audit',
  component: lazyRouteComponent(() => import('./pages/Audit'), 'Audit'),
})

type RunSearch = {
  strategy?: string
  version?: string
  step?: string
  over?: Schemas['EndReason']
  from?: string
  until?: string
  active?: boolean
}
type MessageSearch = {
  state?: Schemas['MessageView']['state']
  reason?: string
  strategy?: string
  version?: string
  step?: string
  from?: string
  until?: string
}

const inbox = createRoute({
  getParentRoute: () => shop,
  path: '/inbox',
  component: lazyRouteComponent(() => import('./pages/Inbox'), 'Inbox'),
})

const customers = createRoute({
  getParentRoute: () => shop,
  path: '/customers',
  validateSearch: (search: Record<string, unknown>): { find?: string } => optional(search, 'find'),
  component: lazyRouteComponent(() => import('./pages/Customers'), 'Customers'),
})

const customer = createRoute({
  getParentRoute: () => shop,
  path: '/customers/$customer',
  component: lazyRouteComponent(() => import('./pages/Customer'), 'Customer'),
})

const runs = createRoute({
  getParentRoute: () => shop,
  path: '/runs',
  validateSearch: (search: Record<string, unknown>): RunSearch => ({
    ...several(search, ['strategy', 'version', 'step', 'over', 'from', 'until']),
    ...(search.active === true ? { active: true } : {}),
  }),
  component: lazyRouteComponent(() => import('./pages/Runs'), 'Runs'),
})

const run = createRoute({
  getParentRoute: () => shop,
  path: '/runs/$run',
  component: lazyRouteComponent(() => import('./pages/Run'), 'Run'),
})

const messages = createRoute({
  getParentRoute: () => shop,
  path: '/messages',
  validateSearch: (search: Record<string, unknown>): MessageSearch =>
    several(search, ['state', 'reason', 'strategy', 'version', 'step', 'from', 'until']),
  component: lazyRouteComponent(() => import('./pages/Messages'), 'Messages'),
})

const message = createRoute({
  getParentRoute: () => shop,
  path: '/messages/$message',
  component: lazyRouteComponent(() => import('./pages/Message'), 'Message'),
})

const replies = createRoute({
  getParentRoute: () => shop,
  path: '/replies',
  validateSearch: (search: Record<string, unknown>): { reply?: string; all?: boolean } => ({
    ...optional(search, 'reply'),
    ...(search.all === true ? { all: true } : {}),
  }),
  component: lazyRouteComponent(() => import('./pages/Replies'), 'Replies'),
})

const reports = createRoute({
  getParentRoute: () => shop,
  path: '/reports',
  validateSearch: (
    search: Record<string, unknown>,
  ): { strategy?: string; version?: string; from?: string; until?: string } =>
    several(search, ['strategy', 'version', 'from', 'until']),
  component: lazyRouteComponent(() => import('./pages/Reports'), 'Reports'),
})

const STATES = ['live', 'paused', 'closed', 'stopped'] as const

const strategies = createRoute({
  getParentRoute: () => shop,
  path: '/strategies',
  validateSearch: (
    search: Record<string, unknown>,
  ): { name?: string; state?: (typeof STATES)[number]; trigger?: Schemas['TriggerKind'] } => ({
    ...optional(search, 'name'),
    state: STATES.find(state => state === search.state),
    trigger: TRIGGERS.find(trigger => trigger === search.trigger),
  }),
  component: lazyRouteComponent(() => import('./pages/Strategies'), 'Strategies'),
})

const strategyNew = createRoute({
  getParentRoute: () => shop,
  path: '/strategies/new',
  validateSearch: (search: Record<string, unknown>): { from?: string; copy?: string } => ({
    ...optional(search, 'from'),
    ...optional(search, 'copy'),
  }),
  component: lazyRouteComponent(() => import('./pages/StrategyNew'), 'StrategyNew'),
})

const strategy = createRoute({
  getParentRoute: () => shop,
  path: '/strategies/$strategy',
  validateSearch: (search: Record<string, unknown>): { version?: number } =>
    typeof search.version === 'number' ? { version: search.version } : {},
  component: lazyRouteComponent(() => import('./pages/StrategyEdit'), 'StrategyEdit'),
})

const strategyVersions = createRoute({
  getParentRoute: () => shop,
  path: '/strategies/$strategy/versions',
  component: lazyRouteComponent(() => import('./pages/StrategyVersions'), 'StrategyVersions'),
})

const connections = createRoute({
  getParentRoute: () => shop,
  path: '/connections',
  component: lazyRouteComponent(() => import('./pages/Connections'), 'Connections'),
})

const connectionNew = createRoute({
  getParentRoute: () => shop,
  path: '/connections/new/$kind',
  validateSearch: (search: Record<string, unknown>): { plugin?: string } => optional(search, 'plugin'),
  component: lazyRouteComponent(() => import('./pages/ConnectionNew'), 'ConnectionNew'),
})

const connection = createRoute({
  getParentRoute: () => shop,
  path: '/connections/$kind/$name',
  validateSearch: (search: Record<string, unknown>): { saved?: boolean } =>
    search.saved === true ? { saved: true } : {},
  component: lazyRouteComponent(() => import('./pages/Connection'), 'Connection'),
})

const plugins = createRoute({
  getParentRoute: () => shop,
  path: '/plugins',
  component: lazyRouteComponent(() => import('./pages/Plugins'), 'Plugins'),
})

const plugin = createRoute({
  getParentRoute: () => shop,
  path: '/plugins/$plugin',
  validateSearch: (search: Record<string, unknown>): { version?: string; tab?: string } => ({
    ...optional(search, 'version'),
    ...optional(search, 'tab'),
  }),
  component: lazyRouteComponent(() => import('./pages/Plugin'), 'Plugin'),
})

const contents = createRoute({
  getParentRoute: () => shop,
  path: '/contents',
  component: lazyRouteComponent(() => import('./pages/Contents'), 'Contents'),
})

const content = createRoute({
  getParentRoute: () => shop,
  path: '/contents/$content',
  component: lazyRouteComponent(() => import('./pages/Content'), 'Content'),
})

const pages = [
  overview,
  strategies,
  strategyNew,
  strategy,
  strategyVersions,
  connections,
  connectionNew,
  connection,
  contents,
  content,
  plugins,
  plugin,
  storefront,
  alerts,
  people,
  audit,
  inbox,
  customers,
  customer,
  runs,
  run,
  messages,
  message,
  replies,
  reports,
]

export const router = createRouter({
  routeTree: root.addChildren([signIn, welcome, start, shop.addChildren(pages)]),
  basepath: '/console',
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
