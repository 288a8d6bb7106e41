import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { type ModelView, modelsQuery, spaceName } from '@/api/tracking';
import { Empty, Loading, PageHead, Pager, Panel, ProblemNote, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { pageAt } from '@/lib/paging';

const columns: ColumnDef<ModelView, unknown>[] = [
  {
    id: 'name',
    header: 'Model',
    cell: ({ row: { original } }) => (
      <Link className="link" to="/models/$id" params={{ id: original.id }}>
        {original.name}
      </Link>
    ),
  },
  { id: 'space', header: 'Where', cell: ({ row }) => spaceName(row.original.space) },
  { id: 'newest', header: 'Newest version', meta: { form: 'num' }, cell: ({ row }) => row.original.newest_version ?? '–' },
  { id: 'aliases', header: 'Aliases', cell: ({ row }) => <span className="dim">{Object.entries(row.original.aliases).map(([name, version]) => `${name} → ${version}`).join(', ')}</span> },
  { id: 'by', header: 'By', cell: ({ row }) => <Who who={row.original.created_by} /> },
  { id: 'changed', header: 'Last change', cell: ({ row }) => <When at={row.original.changed_at} form="ago" /> },
];

/** The registered models that the viewer may see. */
export function Models() {
  const navigate = useNavigate();
  const { cursor, from = 0 } = useSearch({ from: '/frame/models' });
  const models = useQuery(modelsQuery(cursor));
  return (
    <>
      <PageHead icon="box" kind="Release" name="Models" title="Models" />
      <Panel label="Models">
        {models.error && <ProblemNote problem={models.error} onRetry={() => void models.refetch()} />}
        {models.isPending ? (
          <Loading rows={5} />
        ) : (
          <DataTable
            label="Models"
            columns={columns}
            rows={models.data?.items ?? []}
            rowKey={(one) => one.id}
            isOld={models.isPlaceholderData}
            empty={<Empty title="No model is registered yet." why="Stock mlflow registers one, from a run or with a model that it logs." command="mlflow.sklearn.log_model(model, name='model', registered_model_name='pd')" />}
          />
        )}
        <Pager from={from} shown={models.data?.items.length ?? 0} total={models.data?.total} next={models.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/models', search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}
