/** What stands around every page of a shop: where one is, where one can go, whose shop it is. */
import { Burger } from '@mantine/core'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useSpeech } from '../words'
import { DemoClock } from './DemoClock'
import { Links } from './Links'
import { PersonMenu } from './PersonMenu'
import { ShopMenu } from './ShopMenu'
import { useVisit } from './shop'

export function Frame() {
  const { say } = useSpeech()
  const { shop, mode } = useVisit()
  const path = useRouterState({ select: state => state.location.pathname })
  const [isOpen, open] = useState(false)
  // whoever went somewhere has seen the menu
  useEffect(() => open(false), [path])
  const brand = (
    <Link className="brand" to="/$shop" params={{ shop: shop.id }}>
      <img src="/console/mark.svg" alt="" />
      Cartwright
    </Link>
  )
  return (
    <div className="frame">
      <a className="to-content" href="#content">
        {say('frame.toContent')}
      </a>
      <header className="top">
        {brand}
        <Burger
          opened={isOpen}
          onClick={() => open(!isOpen)}
          aria-label={say(isOpen ? 'frame.closeMenu' : 'frame.openMenu')}
          aria-expanded={isOpen}
          size="sm"
        />
      </header>
      <aside className={isOpen ? 'side open' : 'side'} aria-label={say('frame.side')}>
        <div className="only-wide">{brand}</div>
        <ShopMenu />
        <Links />
        <div className="push stack">
          {mode === 'demo' && <DemoClock />}
          <PersonMenu />
        </div>
      </aside>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}
