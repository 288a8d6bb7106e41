import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { type EndpointView, endpointsQuery } from '@/api/serving';
import { Empty, Env, Loading, PageHead, Pager, Panel, ProblemNote, StateBadge } from '@/components';
import { DataTable } from '@/components/DataTable';
import { count } from '@/lib/format';
import { pageAt } from '@/lib/paging';

const name = (rollout: EndpointView['serving']) => (rollout ? `${rollout.model} ${rollout.version}` : '–');
const columns: ColumnDef<EndpointView, unknown>[] = [
  {
    id: 'id',
    header: 'Endpoint',
    cell: ({ row: { original } }) => (
      <Link className="link mono" to="/projects/$id/production" params={{ id: original.project }} hash={original.environment}>
        {original.id}
      </Link>
    ),
  },
  { id: 'environment', header: 'Where', cell: ({ row }) => <Env name={row.original.environment} /> },
  { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="endpoint" state={row.original.state} form="plain" /> },
  { id: 'requested', header: 'Requested', cell: ({ row }) => name(row.original.requested) },
  { id: 'serving', header: 'Serving', cell: ({ row }) => (row.original.stopped ? 'stopped' : name(row.original.serving)) },
  { id: 'last', header: 'Last rollout', cell: ({ row: { original } }) => (original.last_rollout ? <StateBadge kind="rollout" state={original.last_rollout.outcome} word={original.last_rollout.outcome === 'serving' ? 'Reached serving' : 'Failed'} form="plain" /> : <span className="faint">none yet</span>) },
  { id: 'calls', header: 'Calls answered', meta: { form: 'num' }, cell: ({ row }) => count(row.original.calls?.answered) },
];

/** Every endpoint that the viewer may see. */
export function Endpoints() {
  const { cursor, from = 0 } = useSearch({ from: '/frame/endpoints' });
  const navigate = useNavigate();
  const endpoints = useQuery({ ...endpointsQuery(cursor), refetchInterval: 5000 });
  return (
    <>
      <PageHead icon="server-2" kind="Release" name="Endpoints" title="Endpoints" meta={<span>Where released models answer: what was asked for, what answers, and how the last rollout ended, apart</span>} />
      <Panel label="Endpoints">
        {endpoints.error && <ProblemNote problem={endpoints.error} onRetry={() => void endpoints.refetch()} />}
        {endpoints.isPending ? (
          <Loading rows={4} />
        ) : (
          <DataTable label="Endpoints" columns={columns} rows={endpoints.data?.items ?? []} rowKey={(one) => one.id} empty={endpoints.data && <Empty title="No endpoint is yours to see yet." why="The first candidate that is promoted into preprod makes one." command="lockgate release promote credit-risk 1 --into preprod" />} />
        )}
        <Pager from={from} shown={endpoints.data?.items.length ?? 0} total={endpoints.data?.total} next={endpoints.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/endpoints', search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}
