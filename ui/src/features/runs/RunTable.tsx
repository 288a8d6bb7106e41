import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import { isUnderWay, type RunView } from '@/api/runs';
import { Env, StateBadge, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { duration, shortId } from '@/lib/format';

/** Returns how long a run or a step took, or has taken so far. */
export const took = (one: { started_at?: string | null | undefined; ended_at?: string | null | undefined }, now = Date.now()) => (one.started_at ? duration((one.ended_at ? Date.parse(one.ended_at) : now) - Date.parse(one.started_at)) : '–');

const columns: ColumnDef<RunView, unknown>[] = [
  {
    id: 'run',
    header: 'Run',
    cell: ({ row: { original } }) => (
      <Link className="link" to="/runs/$id" params={{ id: original.id }}>
        {shortId(original.id)}
      </Link>
    ),
  },
  { id: 'pipeline', header: 'Pipeline', cell: ({ row }) => row.original.pipeline },
  {
    id: 'where',
    header: 'Where',
    cell: ({ row: { original } }) => (
      <span className="row g4">
        <Link className="link" to="/projects/$id" params={{ id: original.project }}>
          {original.project}
        </Link>
        <Env name={original.environment.split('/')[1] ?? original.environment} />
      </span>
    ),
  },
  { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="run" state={row.original.state} form="plain" fact={isUnderWay(row.original) ? `${row.original.steps_done} of ${row.original.steps_total}` : null} /> },
  { id: 'by', header: 'By', cell: ({ row }) => <Who who={row.original.started_by} /> },
  { id: 'at', header: 'Started', cell: ({ row }) => <When at={row.original.created_at} form="ago" /> },
  { id: 'took', header: 'Took', meta: { form: 'num' }, cell: ({ row }) => took(row.original) },
];

/** Runs, the newest first. */
export function RunTable({ runs, isOld, empty }: { runs: RunView[]; isOld: boolean; empty: ReactNode }) {
  return <DataTable label="Runs" cards columns={columns} rows={runs} rowKey={(run) => run.id} isOld={isOld} empty={empty} />;
}
