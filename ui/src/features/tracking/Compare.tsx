import { Select } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { type ExperimentRun, historyQuery } from '@/api/tracking';
import { Empty, Loading, Panel, When } from '@/components';
import type { Series } from '@/components/LineChart';
import { figure, unknown } from '@/lib/format';

const LineChart = lazy(() => import('@/components/LineChart'));

/** Returns the names that appear in any of the runs, those in most runs first; at most `most`. */
export function namesIn(runs: Pick<ExperimentRun, 'metrics' | 'params'>[], part: 'metrics' | 'params', most: number): string[] {
  const counts = new Map<string, number>();
  for (const run of runs) for (const name of Object.keys(run[part])) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).slice(0, most).map(([name]) => name);
}

/** Returns the parameters in which the runs differ. */
export function differing(runs: Pick<ExperimentRun, 'metrics' | 'params'>[]): string[] {
  return namesIn(runs, 'params', 500).filter((name) => new Set(runs.map((run) => run.params[name])).size > 1);
}

/** The runs side by side: each metric, and the parameters in which they differ. */
export function CompareTable({ runs }: { runs: ExperimentRun[] }) {
  const metrics = namesIn(runs, 'metrics', 50);
  const params = runs.length > 1 ? differing(runs) : [];
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Side by side, scrolls">
      <table className="t dense" aria-label="Side by side">
        <thead>
          <tr>
            <th scope="col">Metric or parameter</th>
            {runs.map((run) => (
              <th scope="col" className="num" key={run.id}>
                <Link className="link" to="/experiment-runs/$id" params={{ id: run.id }}>
                  {run.name}
                </Link>
                <div className="faint">
                  <When at={run.started_at} form="exact" />
                </div>
                {params.slice(0, 2).map((name) => (
                  <div key={name} className="faint">
                    <span className="cut value" title={`${name} ${run.params[name] ?? unknown}`}>
                      {name} {run.params[name] ?? unknown}
                    </span>
                  </div>
                ))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {metrics.map((name) => (
            <tr key={`m.${name}`}>
              <td className="mono">{name}</td>
              {runs.map((run) => (
                <td className="num" key={run.id}>
                  {figure(run.metrics[name])}
                </td>
              ))}
            </tr>
          ))}
          {params.map((name) => (
            <tr key={`p.${name}`}>
              <td className="mono">{name}</td>
              {runs.map((run) => (
                <td className="num b" key={run.id}>
                  <span className="cut value" title={run.params[name]}>
                    {run.params[name] ?? '–'}
                  </span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Some runs beside each other; a metric that was logged step by step also as a line. */
export function Compare({ runs }: { runs: ExperimentRun[] }) {
  const names = namesIn(runs, 'metrics', 200);
  const [asked, setAsked] = useState<string | null>(null);
  const metric = asked && names.includes(asked) ? asked : (names[0] ?? null);
  const histories = useQueries({ queries: runs.map((run) => ({ ...historyQuery(run.id, metric ?? ''), enabled: metric !== null && metric in run.metrics })) });
  const drawn = histories.map(({ dataUpdatedAt }) => dataUpdatedAt).join();
  // Drawn anew only when a history arrives or another metric is chosen. Runs of one name are told apart by their place.
  const series = useMemo<Series[]>(
    () => runs.map((run, at) => ({ name: `${at + 1}. ${run.name}`, points: (histories[at]?.data?.points ?? []).map(({ step, value }) => [step, value ?? null]) })),
    [drawn, metric, runs.map(({ id }) => id).join()],
  );
  const isLine = series.some(({ points }) => points.length > 1);
  return (
    <Panel title="Compare" note={`${runs.length} ${runs.length === 1 ? 'run; choose another' : 'runs'}`} right={isLine && <Select size="xs" aria-label="Metric" allowDeselect={false} data={names} value={metric} onChange={setAsked} />}>
      {!metric && <Empty small title="These runs have no metric to compare." />}
      {isLine && (
        <div className="pb">
          <Suspense fallback={<Loading rows={4} />}>
            <LineChart series={series} sentence={`${metric} by step`} xName="step" />
          </Suspense>
        </div>
      )}
      <CompareTable runs={runs} />
    </Panel>
  );
}
