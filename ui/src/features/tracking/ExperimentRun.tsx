import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { artifactsQuery, experimentQuery, experimentRunQuery, historyQuery, spaceName } from '@/api/tracking';
import { Empty, Facts, Icon, Ident, Loading, Meta, NextStrip, ObjectPage, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import type { Series } from '@/components/LineChart';
import { Unread } from '@/frame/Lost';
import { bytes, figure } from '@/lib/format';

const LineChart = lazy(() => import('@/components/LineChart'));

function Metrics({ run, metrics }: { run: string; metrics: Record<string, number | null> }) {
  const names = Object.keys(metrics).sort();
  const [asked, setAsked] = useState<string | null>(null);
  const shown = asked ?? names[0] ?? null;
  const history = useQuery({ ...historyQuery(run, shown ?? ''), enabled: shown !== null });
  const points = history.data?.points;
  const series = useMemo<Series[]>(() => [{ name: shown ?? '', points: (points ?? []).map(({ step, value }) => [step, value ?? null]) }], [shown, points]);
  if (!shown) return <Panel title="Metrics"><Empty small title="It logged no metric." /></Panel>;
  return (
    <Panel title="Metrics" note={(points?.length ?? 0) > 1 ? 'the last value of each; choose one to see how it came about' : 'the last value of each'}>
      {(points?.length ?? 0) > 1 && (
        <div className="pb">
          <Suspense fallback={<Loading rows={4} />}>
            <LineChart series={series} sentence={`${shown} by step`} xName="step" />
          </Suspense>
        </div>
      )}
      <table className="t dense" aria-label="Metrics">
        <tbody>
          {names.map((name) => (
            <tr key={name} className={name === shown ? 'sel' : ''}>
              <td>
                <button type="button" className="link mono" aria-pressed={name === shown} onClick={() => setAsked(name)}>
                  {name}
                </button>
              </td>
              <td className="num">{figure(metrics[name])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Parameters({ params }: { params: [string, string][] }) {
  return (
    <Panel title="Parameters">
      {params.length === 0 && <Empty small title="It was told no parameter." />}
      {params.length > 0 && (
        <table className="t dense" aria-label="Parameters">
          <tbody>
            {params.map(([name, value]) => (
              <tr key={name}>
                <td className="cname">
                  <Ident name={name} />
                </td>
                <td className="whole">{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Artifacts({ run }: { run: string }) {
  const [path, setPath] = useState('');
  const { data: folder, error, isPending } = useQuery(artifactsQuery(run, path));
  const up = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  return (
    <Panel title="Artifacts" note={path ? <span className="mono sm">{path}</span> : undefined}>
      {error && <ProblemNote problem={error} />}
      {isPending && <Loading rows={3} />}
      {path && (
        <button type="button" className="li link" onClick={() => setPath(up)}>
          <Icon name="arrow-left" /> Up
        </button>
      )}
      {folder?.items.length === 0 && <Empty small title="It stored no file here." />}
      {folder?.items.map(({ path: file, is_folder: isFolder, size_bytes: size }) => (
        <div className="li" key={file}>
          <span className="ic idle">
            <Icon name={isFolder ? 'folder' : 'file'} />
          </span>
          <div className="bd">
            {isFolder ? (
              <button type="button" className="link mono" onClick={() => setPath(file)}>
                {file.slice(file.lastIndexOf('/') + 1)}
              </button>
            ) : (
              <span className="mono">{file.slice(file.lastIndexOf('/') + 1)}</span>
            )}
          </div>
          <span className="when">{isFolder ? '' : bytes(size)}</span>
        </div>
      ))}
    </Panel>
  );
}

/** A run of an experiment: what it was told, how it did, and what it stored. */
export function ExperimentRun() {
  const { id } = useParams({ from: '/frame/experiment-runs/$id' });
  const run = useQuery({ ...experimentRunQuery(id), refetchInterval: (query) => (query.state.data && !query.state.data.ended_at ? 2000 : false) });
  const experiment = useQuery({ ...experimentQuery(run.data?.experiment ?? ''), enabled: !!run.data });
  if (run.error) return <Unread problem={run.error} what="run" onRetry={() => void run.refetch()} />;
  if (!run.data) return <Loading rows={6} />;
  const view = run.data;
  const facts = (part: Record<string, string>) => Object.entries(part).sort(([a], [b]) => a.localeCompare(b));
  const tags = facts(view.tags).filter(([name]) => !name.startsWith('mlflow.'));
  return (
    <ObjectPage
      icon="flask"
      kind="Run of an experiment"
      name={view.name}
      title={view.name}
      badge={<StateBadge kind="experimentRun" state={view.state} />}
      meta={
        <>
          <Link className="link" to="/experiments/$id" params={{ id: view.experiment }}>
            {experiment.data?.name ?? 'its experiment'}
          </Link>
          <span>{spaceName(view.space)}</span>
          <Who who={view.created_by} />
          <Meta icon="clock">
            <When at={view.started_at} form="ago" />
          </Meta>
        </>
      }
      next={<NextStrip next={view.next} />}
      side={
        (tags.length > 0 || view.datasets.length > 0) && (
          <>
            {tags.length > 0 && (
              <Panel title="Tags" padded>
                <Facts items={tags} />
              </Panel>
            )}
            {view.datasets.length > 0 && (
              <Panel title="Datasets" padded>
                <Facts items={view.datasets.map(({ name, context, digest }) => [context || 'used', `${name}, ${digest}`])} />
              </Panel>
            )}
          </>
        )
      }
    >
      <Metrics run={id} metrics={view.metrics} />
      <Parameters params={facts(view.params)} />
      <Artifacts run={id} />
    </ObjectPage>
  );
}
