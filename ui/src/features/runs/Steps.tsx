import { useMediaQuery } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import type { RunView, StepView } from '@/api/runs';
import { Icon, Loading, lookOf, Panel, Seg, StateBadge } from '@/components';
import type { GraphEdge, GraphNode } from '@/components/Graph';
import { shortId } from '@/lib/format';
import { took } from './RunTable';

const Graph = lazy(() => import('@/components/Graph'));

const isCached = (step: StepView) => step.kind === 'cached_from';
const iconOf = (step: StepView) => (isCached(step) ? 'recycle' : lookOf('step', step.state).icon);
const factOf = (step: StepView) => (isCached(step) ? `cached · ${shortId(step.cached_from ?? '')}` : step.started_at ? took(step) : lookOf('step', step.state).word.toLowerCase());

/** Returns a run's steps as a graph: done edges solid, live ones blue, what is to come dashed. */
export function graphOf(steps: StepView[]): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const state = new Map(steps.map((step) => [step.name, step.state]));
  const nodes = steps.map((step) => ({ id: step.name, label: step.name, fact: factOf(step), tone: lookOf('step', step.state).tone, icon: iconOf(step), isCached: isCached(step) }));
  const form = (from: string, to: StepView): GraphEdge['form'] => (state.get(from) !== 'succeeded' ? 'future' : to.state === 'running' ? 'live' : to.state === 'waiting' ? 'future' : 'done');
  const edges = steps.flatMap((step) => step.after.map((from) => ({ from, to: step.name, form: form(from, step) })));
  return { nodes, edges };
}

function Legend({ steps }: { steps: StepView[] }) {
  const groups = new Map<string, { icon: string; tone: string; count: number }>();
  for (const step of steps) {
    const look = lookOf('step', step.state);
    const word = isCached(step) ? 'cached' : step.state === 'waiting' ? 'waiting' : look.word.toLowerCase();
    const group = groups.get(word) ?? { icon: iconOf(step), tone: look.tone, count: 0 };
    groups.set(word, { ...group, count: group.count + 1 });
  }
  return (
    <span className="leg" style={{ marginLeft: 8 }}>
      {[...groups].map(([word, { icon, tone, count }]) => (
        <span key={word}>
          <span className={`ic ${tone}`}>
            <Icon name={icon} />
          </span>
          {count} {word}
        </span>
      ))}
    </span>
  );
}

function Table({ run, steps, selected }: { run: string; steps: StepView[]; selected: string | null }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Steps, scrolls">
      <table className="t dense cards" aria-label="Steps">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">State</th>
            <th scope="col">After</th>
            <th scope="col">Why</th>
            <th scope="col" className="num">Attempts</th>
            <th scope="col" className="num">Took</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <tr key={step.name} className={step.name === selected ? 'sel' : ''}>
              <td>
                <Link className="link" to="/runs/$id" params={{ id: run }} search={{ step: step.name, view: 'table' }}>
                  {step.name}
                </Link>
              </td>
              <td>
                <StateBadge kind="step" state={step.state} form="plain" {...(isCached(step) ? { word: 'Cached' } : {})} />
              </td>
              <td className="dim wide" data-l="After:">{step.after.join(', ')}</td>
              <td className="dim wide">{step.why}</td>
              <td className="num" data-l="Attempts:">{step.attempts.length}</td>
              <td className="num" data-l="Took:">{took(step)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The steps of a run, as a graph or as a table. */
export function Steps({ run, selected, isTable, onSelect }: { run: RunView; selected: string | null; isTable: boolean; onSelect: (step: string) => void }) {
  const steps = run.steps ?? [];
  // The labels of a graph cannot be read on a phone.
  const isNarrow = useMediaQuery('(max-width: 760px)');
  const to = { to: '/runs/$id' as const, params: { id: run.id } };
  const step = selected ? { step: selected } : {};
  const views = [
    { key: 'graph', label: 'Graph', to: { ...to, search: step } },
    { key: 'table', label: 'Table', to: { ...to, search: { ...step, view: 'table' as const } } },
  ];
  const { nodes, edges } = graphOf(steps);
  return (
    <Panel title="Steps" note={<Legend steps={steps} />} right={!isNarrow && <Seg label="View" current={isTable ? 'table' : 'graph'} views={views} />}>
      {isTable || isNarrow ? (
        <Table run={run.id} steps={steps} selected={selected} />
      ) : (
        <Suspense fallback={<Loading rows={4} />}>
          <Graph nodes={nodes} edges={edges} selected={selected} onSelect={onSelect} label={`${steps.length} steps of ${run.pipeline}`} />
        </Suspense>
      )}
    </Panel>
  );
}
