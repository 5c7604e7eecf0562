/** The shop that the page is about, and whoever looks at it. */
import { useRouteContext } from '@tanstack/react-router'

export const useVisit = () => useRouteContext({ from: '/$shop' })
