/** The strategy as a picture: steps from top to bottom, ways between them. Everything on it is a button. */
import { useComputedColorScheme } from '@mantine/core'
import {
  Background,
  BackgroundVariant,
  BaseEdge,
  type Connection,
  Controls,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getSmoothStepPath,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  useReactFlow,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { Plus } from 'lucide-react'
import { createContext, useContext, useEffect, useMemo, useRef } from 'react'
import { useSpeech } from '../words'
import { keyOf, type Spot, type Strategy, TRIGGER } from './document'
import { draw, HEIGHT, OPEN, WIDTH } from './layout'
import { StepCard } from './StepCard'
import { useWayName } from './summary'

type Board = {
  strategy: Strategy
  chosen?: string
  editable: boolean
  /** How many faults each step has, and whether one of them refuses. */
  troubled: Map<string, { count: number; refuses: boolean }>
  /** What a preview went through: when each step was come to. */
  lit?: Map<string, string>
  choose: (name: string) => void
  add: (spot: Spot) => void
  connect: (spot: Spot, to: string) => void
}

const BoardContext = createContext<Board | null>(null)
function useBoard(): Board {
  const board = useContext(BoardContext)
  if (!board) throw new Error('a step is only drawn on a board')
  return board
}

function StepNode({ id, data }: NodeProps) {
  const { strategy, chosen, editable, troubled, lit, choose } = useBoard()
  const step = strategy.steps[id]
  const ways = data.ways as string[][]
  return (
    <>
      {step && <Handle type="target" position={Position.Top} isConnectable={editable} />}
      <StepCard
        id={id}
        strategy={strategy}
        chosen={chosen === id}
        trouble={troubled.get(id)}
        at={lit?.get(id)}
        dimmed={lit !== undefined && !lit.has(id) && id !== TRIGGER}
        choose={() => choose(id)}
      />
      {ways.map((path, place) => (
        <Handle
          key={keyOf(path)}
          id={keyOf(path)}
          type="source"
          position={Position.Bottom}
          isConnectable={editable}
          style={{ left: `${((place + 1) / (ways.length + 1)) * 100}%` }}
        />
      ))}
    </>
  )
}

function OpenNode({ data }: NodeProps) {
  const { say } = useSpeech()
  const { add, editable } = useBoard()
  const spot = data.spot as Spot
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <button
        type="button"
        className="flow-open nodrag nopan"
        disabled={!editable}
        onClick={() => add(spot)}
        aria-label={say('flow.addAfter', { name: nameOf(spot, say('flow.trigger')) })}
      >
        <Plus size={16} aria-hidden />
      </button>
    </>
  )
}

const nameOf = ({ from, path }: Spot, trigger: string) =>
  [from.startsWith('$') ? trigger : from, path[0] === 'next' ? '' : path[1] ?? path[0]].filter(Boolean).join(', ')

function WayEdge({ id, data, markerEnd, ...ends }: EdgeProps) {
  const { say } = useSpeech()
  const wayName = useWayName()
  const { add, editable, lit } = useBoard()
  // Where nothing follows, the open end itself is the button.
  const { spot, isLit, isOpen } = data as { spot: Spot; isLit: boolean; isOpen: boolean }
  const [path, x, y] = getSmoothStepPath({ ...ends, borderRadius: 12 })
  const name = wayName(spot.path)
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        markerEnd={markerEnd}
        className={lit ? (isLit ? 'flow-way lit' : 'flow-way dim') : 'flow-way'}
      />
      <EdgeLabelRenderer>
        {name && (
          <span
            className="flow-way-name"
            dir="auto"
            style={{ transform: `translate(-50%, 0) translate(${ends.sourceX}px, ${ends.sourceY + 8}px)` }}
          >
            {name}
          </span>
        )}
        {editable && !isOpen && (
          <button
            type="button"
            className="flow-add nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y + (name ? 12 : 0)}px)` }}
            onClick={() => add(spot)}
            aria-label={say('flow.addAfter', { name: nameOf(spot, say('flow.trigger')) })}
          >
            <Plus size={13} aria-hidden />
          </button>
        )}
      </EdgeLabelRenderer>
    </>
  )
}

const VIEW = { maxZoom: 1, padding: 0.15 }
/** More steps than these are too small to be read at once. */
const MOST_AT_ONCE = 30

/** What was added is seen: the whole picture, or where the new step is. */
function Fitted({ steps, chosen }: { steps: number; chosen?: string }) {
  const { fitView } = useReactFlow()
  const seen = useRef(steps)
  useEffect(() => {
    if (seen.current === steps) return
    seen.current = steps
    const nodes = steps > MOST_AT_ONCE && chosen ? [{ id: chosen }] : undefined
    void fitView({ ...VIEW, nodes })
  }, [steps, chosen, fitView])
  return null
}

const NODES = { step: StepNode, open: OpenNode }
const EDGES = { way: WayEdge }

export function Canvas(board: Board) {
  const { strategy, editable, connect, lit } = board
  const { say, direction } = useSpeech()
  const scheme = useComputedColorScheme('light')
  const drawing = useMemo(() => draw(strategy), [strategy])
  // A way that leads to the left begins on the left, so that lines do not cross.
  const waysFrom = (id: string) => {
    const lines = drawing.lines.filter(line => line.from === id)
    const places = lines.map(line => ({ path: line.path, x: drawing.places.get(line.to)?.x ?? 0 }))
    return places.sort((a, b) => a.x - b.x).map(place => place.path)
  }
  const nodes: Node[] = [...drawing.places].map(([id, position]) => {
    const line = id.startsWith('$open:') ? drawing.lines.find(one => one.to === id) : undefined
    return {
      id,
      type: line ? 'open' : 'step',
      position,
      width: line ? OPEN : WIDTH,
      height: line ? OPEN : HEIGHT,
      data: line ? { spot: { from: line.from, path: line.path } } : { ways: waysFrom(id) },
    }
  })
  const edges: Edge[] = drawing.lines.map(line => ({
    id: line.id,
    type: 'way',
    source: line.from,
    sourceHandle: keyOf(line.path),
    target: line.to,
    data: {
      spot: { from: line.from, path: line.path },
      isOpen: line.open,
      isLit: Boolean(lit && (lit.has(line.from) || line.from === TRIGGER) && lit.has(line.to)),
    },
  }))
  const onConnect = ({ source, sourceHandle, target }: Connection) =>
    connect({ from: source, path: (sourceHandle ?? 'next').split('/') }, target)
  return (
    <BoardContext value={board}>
      {/* Pictures go from left to right in every language; their words do not. */}
      <section className="flow-canvas" dir="ltr" aria-label={say('flow.picture')} key={direction}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODES}
          edgeTypes={EDGES}
          onConnect={onConnect}
          colorMode={scheme}
          nodesDraggable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          nodesConnectable={editable}
          elementsSelectable={false}
          zoomOnDoubleClick={false}
          fitView
          fitViewOptions={VIEW}
          ariaLabelConfig={{
            'controls.ariaLabel': say('flow.view'),
            'controls.zoomIn.ariaLabel': say('flow.zoomIn'),
            'controls.zoomOut.ariaLabel': say('flow.zoomOut'),
            'controls.fitView.ariaLabel': say('flow.fit'),
          }}
          minZoom={0.1}
          maxZoom={1.5}
        >
          <Background variant={BackgroundVariant.Dots} gap={22} size={1.4} />
          <Controls showInteractive={false} />
          <Fitted steps={nodes.length} chosen={board.chosen} />
        </ReactFlow>
      </section>
    </BoardContext>
  )
}
