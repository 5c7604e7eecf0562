/** Where each step stands: from top to bottom, by the ways between them. */
import { Graph, layout } from '@dagrejs/dagre'
import { exitId, keyOf, type Strategy, spotsOf, TRIGGER, targetOf } from './document'

export const WIDTH = 256
export const HEIGHT = 76
export const OPEN = 40

export type Place = { x: number; y: number }
/** A line from a way to the step it leads to, or to an open end. */
export type Line = { id: string; from: string; path: string[]; to: string; open: boolean }
export type Drawing = { places: Map<string, Place>; lines: Line[] }

export function linesOf(strategy: Strategy): Line[] {
  const lines: Line[] = []
  for (const { from, path } of spotsOf(strategy)) {
    const to = targetOf(strategy, { from, path })
    if (from.startsWith('$exit') && to === 'end') continue
    const open = !(to in strategy.steps)
    const id = `${from}>${keyOf(path)}`
    lines.push({ id, from, path, to: open ? `$open:${id}` : to, open })
  }
  return lines
}

/** Where a step leads stands from left to right as its ways do. Of two that lead to the same places in turn the one
 * that is come to first decides: an order that bites its own tail loses steps. */
function besides(lines: Line[]): { left: string; right: string }[] {
  const ways = new Map<string, Line[]>()
  for (const line of lines) ways.set(line.from, [...(ways.get(line.from) ?? []), line])
  const rank = new Map<string, number>()
  const visit = (name: string) => {
    if (rank.has(name)) return
    rank.set(name, rank.size)
    for (const line of ways.get(name) ?? []) visit(line.to)
  }
  visit(TRIGGER)
  const isBefore = (one: string, other: string) => (rank.get(one) ?? Infinity) < (rank.get(other) ?? -1)
  return [...ways.values()].flatMap(own =>
    own.slice(1).flatMap(({ to }, place) => {
      const left = own[place]?.to ?? ''
      return isBefore(left, to) ? [{ left, right: to }] : []
    }),
  )
}

export function draw(strategy: Strategy): Drawing {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'TB', nodesep: 44, ranksep: 64 })
  graph.setDefaultEdgeLabel(() => ({}))
  const lines = linesOf(strategy)
  const exits = (strategy.exits ?? []).flatMap((exit, place) => (exit.then === 'end' ? [] : [exitId(place)]))
  for (const name of [TRIGGER, ...exits, ...Object.keys(strategy.steps)])
    graph.setNode(name, { width: WIDTH, height: HEIGHT })
  for (const line of lines) if (line.open) graph.setNode(line.to, { width: OPEN, height: OPEN })
  // A way back would turn the picture upside down.
  for (const line of lines) {
    const isBack = strategy.steps[line.from]?.kind === 'repeat' && line.path[0] === 'next'
    if (!isBack) graph.setEdge(line.from, line.to)
  }
  layout(graph, { constraints: besides(lines) })
  const places = new Map<string, Place>()
  for (const name of graph.nodes()) {
    const { x, y, width, height } = graph.node(name) as Place & { width: number; height: number }
    places.set(name, { x: x - width / 2, y: y - height / 2 })
  }
  return { places, lines }
}
