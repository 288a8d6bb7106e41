import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { type ExperimentView, experimentsQuery, spaceName } from '@/api/tracking';
import { Empty, Loading, PageHead, Pager, Panel, ProblemNote, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { pageAt } from '@/lib/paging';

const columns: ColumnDef<ExperimentView, unknown>[] = [
  {
    id: 'name',
    header: 'Experiment',
    cell: ({ row: { original } }) => (
      <Link className="link" to="/experiments/$id" params={{ id: original.id }}>
        {original.name}
      </Link>
    ),
  },
  { id: 'space', header: 'Where', cell: ({ row }) => spaceName(row.original.space) },
  { id: 'by', header: 'By', cell: ({ row }) => <Who who={row.original.created_by} /> },
  { id: 'changed', header: 'Last change', cell: ({ row }) => <When at={row.original.changed_at} form="ago" /> },
];

/** The experiments that the viewer may see: of their projects, and their own. */
export function Experiments() {
  const navigate = useNavigate();
  const { cursor, from = 0 } = useSearch({ from: '/frame/experiments' });
  const experiments = useQuery(experimentsQuery(undefined, cursor));
  return (
    <>
      <PageHead icon="flask" kind="Build" name="Experiments" title="Experiments" />
      <Panel label="Experiments">
        {experiments.error && <ProblemNote problem={experiments.error} onRetry={() => void experiments.refetch()} />}
        {experiments.isPending ? (
          <Loading rows={5} />
        ) : (
          <DataTable
            label="Experiments"
            columns={columns}
            rows={experiments.data?.items ?? []}
            rowKey={(one) => one.id}
            isOld={experiments.isPlaceholderData}
            empty={<Empty title="Nothing was tracked yet." why="Stock mlflow logs here: point it at this server, with a token of yours as its password." command={`export MLFLOW_TRACKING_URI=${location.origin} MLFLOW_TRACKING_TOKEN=…`} />}
          />
        )}
        <Pager from={from} shown={experiments.data?.items.length ?? 0} total={experiments.data?.total} next={experiments.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/experiments', search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}
