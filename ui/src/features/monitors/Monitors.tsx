import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { useState } from 'react';
import { monitorsQuery, type MonitorView } from '@/api/monitoring';
import { Badge, Empty, Loading, lookOf, NextStrip, PageHead, Pager, Panel, ProblemNote, StateBadge, When } from '@/components';
import { DataTable } from '@/components/DataTable';
import { pageAt } from '@/lib/paging';
import { MonitorActs } from './MonitorActs';
import { MonitorBody, MonitorFacts } from './MonitorBody';
import { openOf, Standing } from './Monitor';
import { SettingsForm } from './SettingsForm';
import { paceOf } from './useMonitor';

const columns: ColumnDef<MonitorView, unknown>[] = [
  {
    id: 'endpoint',
    header: 'Endpoint',
    meta: { form: 'wide' },
    cell: ({ row: { original } }) => (
      <Link className="link mono" to="/monitors/$id" params={{ id: original.id }}>
        {original.endpoint}
      </Link>
    ),
  },
  { id: 'project', header: 'Project', cell: ({ row }) => row.original.project },
  { id: 'live', header: 'Live', cell: ({ row }) => `candidate ${row.original.candidate}` },
  { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="monitor" state={row.original.state} form="plain" /> },
  { id: 'last', header: 'Last evaluation', cell: ({ row: { original } }) => (original.last ? <StateBadge kind="evaluation" state={original.last.state} form="plain" /> : <span className="dim">none yet</span>) },
  {
    id: 'open',
    header: 'Breaches',
    cell: ({ row: { original } }) => {
      const open = openOf(original);
      return open ? <Badge form="plain" look={{ ...lookOf('severity', original.red > 0 ? 'red' : 'amber'), word: open }} /> : <span className="dim">none</span>;
    },
  },
  { id: 'when', header: 'Looked', cell: ({ row }) => <When at={row.original.last?.started_at} form="ago" /> },
];

const none = (project?: string) => (
  <Empty
    title="Nothing is watched yet."
    why="When a candidate goes live in prod its endpoint is watched by itself: a monitor measures whether what the gates judged still holds, of what is really asked and really answered."
    command={project ? `lockgate release promote ${project} 1 --into prod` : 'lockgate monitor list'}
  />
);

/** All monitors that the viewer may see. */
export function Monitors() {
  const navigate = useNavigate();
  const { cursor, from = 0 } = useSearch({ from: '/frame/monitors' });
  const monitors = useQuery({ ...monitorsQuery({ limit: 50, ...(cursor ? { cursor } : {}) }), refetchInterval: 15_000 });
  return (
    <>
      <PageHead icon="activity-heartbeat" kind="Operate" name="Monitors" title="Monitors" meta="One for each endpoint of prod: does what the gates judged still hold?" />
      <Panel label="Monitors">
        {monitors.error && <ProblemNote problem={monitors.error} onRetry={() => void monitors.refetch()} />}
        {monitors.isPending ? <Loading rows={4} /> : <DataTable label="Monitors" cards columns={columns} rows={monitors.data?.items ?? []} rowKey={(one) => one.id} isOld={monitors.isPlaceholderData} empty={monitors.data && none()} />}
        <Pager from={from} shown={monitors.data?.items.length ?? 0} total={monitors.data?.total} next={monitors.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/monitors', search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}

function Watched({ monitor }: { monitor: MonitorView }) {
  const [isSetting, setSetting] = useState(false);
  return (
    <>
      <div className="row wrap">
        <Link className="link mono" to="/monitors/$id" params={{ id: monitor.id }}>
          {monitor.endpoint}
        </Link>
        <Standing monitor={monitor} />
        <span className="sp" />
        <MonitorActs monitor={monitor} onSettings={() => setSetting(!isSetting)} />
      </div>
      <NextStrip next={monitor.next} />
      {isSetting && <SettingsForm monitor={monitor} onClose={() => setSetting(false)} />}
      <div className="cols">
        <div className="stack">
          <MonitorBody monitor={monitor} />
        </div>
        <aside className="stack" aria-label="Facts of the monitor">
          <MonitorFacts monitor={monitor} />
        </aside>
      </div>
    </>
  );
}

/** The monitoring of a project: usually one monitor, shown whole; else their list. */
export function ProjectMonitoring() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const monitors = useQuery({ ...monitorsQuery({ project: id, limit: 50 }), refetchInterval: (query) => Math.min(...(query.state.data?.items ?? []).map(paceOf), 15_000) });
  if (monitors.error) return <ProblemNote problem={monitors.error} onRetry={() => void monitors.refetch()} />;
  if (monitors.isPending) return <Loading rows={6} />;
  const [only, ...others] = monitors.data.items;
  if (only && others.length === 0) return <Watched monitor={only} />;
  return (
    <Panel title="Monitors" note="one for each endpoint of prod">
      <DataTable label="Monitors" cards columns={columns} rows={monitors.data.items} rowKey={(one) => one.id} empty={none(id)} />
    </Panel>
  );
}
