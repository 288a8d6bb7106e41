import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import type { LiveThen } from '@/api/evidence';
import { Env, readPrincipal, StateBadge } from '@/components';
import { DataTable } from '@/components/DataTable';
import { approversOf, cameBy, utc } from './words';

function Approved({ live }: { live: LiveThen }) {
  const people = approversOf(live);
  if (people.length === 0) return <span className="dim">nobody{live.no_approval ? `: ${live.no_approval}` : ''}</span>;
  return (
    <>
      {people.map(({ name, roles, at, comment, promotion }) => (
        <div key={`${name}-${at}`}>
          <span className="m">{name}</span> <span className="sm dim">as {roles || 'nobody in particular'}, {utc(at)}{promotion === live.promotion ? '' : ', when it first came there'}{comment ? `: ${comment}` : ''}</span>
        </div>
      ))}
      {live.no_approval && <div className="sm dim">{live.no_approval}</div>}
    </>
  );
}

function Then({ live }: { live: LiveThen }) {
  if (live.suspended)
    return (
      <>
        <StateBadge kind="liveModel" state="suspended" form="tint" />
        <div className="sm dim">
          since {utc(live.suspended.since)} by {readPrincipal(live.suspended.by).name}
          {live.suspended.reason ? `: ${live.suspended.reason}` : ''}
        </div>
      </>
    );
  if (live.verifying)
    return (
      <>
        <StateBadge kind="promotion" state="verifying" form="tint" />
        <div className="sm dim">callers got its answers, but it did not count as live yet</div>
      </>
    );
  return <StateBadge kind="liveModel" state="live" form="plain" />;
}

const columns: ColumnDef<LiveThen, unknown>[] = [
  {
    id: 'endpoint',
    header: 'Endpoint',
    cell: ({ row: { original } }) => (
      <>
        <span className="mono">{original.endpoint}</span>
        <div className="sm">
          <Env name={original.environment} />
        </div>
        <div className="sm dim">of {original.project}</div>
      </>
    ),
  },
  {
    id: 'what',
    header: 'What answered',
    cell: ({ row: { original } }) => (
      <>
        <Link className="link" to="/projects/$id/candidates/$number" params={{ id: original.project, number: String(original.candidate) }}>
          Candidate {original.candidate}
        </Link>
        <div className="sm dim">
          {original.model} {original.version}
        </div>
      </>
    ),
  },
  { id: 'then', header: 'State then', cell: ({ row }) => <Then live={row.original} /> },
  {
    id: 'from',
    header: 'From, until',
    cell: ({ row: { original } }) => (
      <span className="sm">
        from {utc(original.live_from)} {cameBy(original.kind) ? <span className="dim">{cameBy(original.kind)}</span> : null}
        <br />
        {original.live_until ? `until ${utc(original.live_until)}` : 'and still'}
      </span>
    ),
  },
  { id: 'by', header: 'Approved by', cell: ({ row }) => <Approved live={row.original} /> },
];

/** What was live at a moment: what, since when, and who let it. */
export function LiveTable({ live, isOld, empty }: { live: LiveThen[]; isOld: boolean; empty: ReactNode }) {
  return <DataTable label="What was live" columns={columns} rows={live} rowKey={(one) => `${one.endpoint}-${one.promotion}`} isOld={isOld} empty={empty} />;
}
