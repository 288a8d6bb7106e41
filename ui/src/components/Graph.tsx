import dagre from '@dagrejs/dagre';
import { useResizeObserver } from '@mantine/hooks';
import { type Edge, Handle, type Node, type NodeProps, Position, ReactFlow, type ReactFlowInstance } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useEffect, useMemo, useState } from 'react';
import type { Tone } from '@/api/states';
import { Icon } from './Icon';

const [width, height] = [164, 46];

/** A node of a graph: its name, a fact below it, and how it stands. */
export type GraphNode = { id: string; label: string; fact: string; tone: Tone; icon: string; isCached?: boolean };
/** An edge: what it waits for has ended, is under way, or has not begun. */
export type GraphEdge = { from: string; to: string; form: 'done' | 'live' | 'future' };

type Drawn = Node<GraphNode & { isSelected: boolean; onSelect: (id: string) => void }, 'step'>;

function Step({ data }: NodeProps<Drawn>) {
  const { id, label, fact, tone, icon, isCached, isSelected, onSelect } = data;
  const classes = ['node nodrag nopan', tone, isCached ? 'cached' : '', isSelected ? 'on' : ''].filter(Boolean).join(' ');
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button type="button" className={classes} aria-pressed={isSelected} onClick={() => onSelect(id)}>
        <Icon name={icon} />
        <b>{label}</b>
        <small>{fact}</small>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
}

const nodeTypes = { step: Step };
const fit = { maxZoom: 1, padding: 0.12 };

/** Lays the nodes out from left to right and returns the place of each. */
export function placesOf(nodes: { id: string }[], edges: { from: string; to: string }[]): Map<string, { x: number; y: number }> {
  const layout = new dagre.graphlib.Graph().setGraph({ rankdir: 'LR', nodesep: 16, ranksep: 44 }).setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) layout.setNode(id, { width, height });
  for (const { from, to } of edges) layout.setEdge(from, to);
  dagre.layout(layout);
  return new Map(nodes.map(({ id }) => [id, { x: layout.node(id).x - width / 2, y: layout.node(id).y - height / 2 }]));
}

/** A graph of steps. A table beside it is its accessible form. */
export default function Graph(props: { nodes: GraphNode[]; edges: GraphEdge[]; selected: string | null; onSelect: (id: string) => void; label: string }) {
  const { nodes, edges, selected, onSelect, label } = props;
  const shape = JSON.stringify([nodes.map(({ id }) => id), edges.map(({ from, to }) => [from, to])]);
  // The layout follows the shape alone, so that nothing jumps while states change.
  const places = useMemo(() => placesOf(nodes, edges), [shape]);
  const drawn: Drawn[] = nodes.map((node) => ({
    id: node.id,
    type: 'step',
    position: places.get(node.id) ?? { x: 0, y: 0 },
    width,
    height,
    data: { ...node, isSelected: node.id === selected, onSelect },
  }));
  const [flow, setFlow] = useState<ReactFlowInstance<Drawn> | null>(null);
  const [box, { width: room }] = useResizeObserver<HTMLDivElement>();
  useEffect(() => void flow?.fitView(fit), [flow, room, shape]);
  const lines: Edge[] = edges.map(({ from, to, form }) => ({ id: `${from}>${to}`, source: from, target: to, className: form, focusable: false }));
  return (
    <div className="graph" role="group" aria-label={label} ref={box}>
      <ReactFlow nodes={drawn} edges={lines} nodeTypes={nodeTypes} onInit={setFlow} fitView fitViewOptions={fit} minZoom={0.2} nodesDraggable={false} nodesConnectable={false} nodesFocusable={false} zoomOnScroll={false} preventScrolling={false} proOptions={{ hideAttribution: true }} />
    </div>
  );
}
