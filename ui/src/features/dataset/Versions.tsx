import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { type VersionView, versionsQuery } from '@/api/datasets';
import { Empty, Loading, Pager, Panel, ProblemNote, StateBadge, When } from '@/components';
import { DataTable } from '@/components/DataTable';
import { bytes, count } from '@/lib/format';
import { pageAt } from '@/lib/paging';

const columns: ColumnDef<VersionView, unknown>[] = [
  { id: 'number', header: 'Version', cell: ({ row }) => <b className="tn">{row.original.number}</b> },
  { id: 'at', header: 'Cut', cell: ({ row }) => <When at={row.original.cut_at} /> },
  { id: 'change', header: 'Change', cell: ({ row }) => <StateBadge kind="change" state={row.original.change} form="plain" /> },
  { id: 'summary', header: 'What changed', cell: ({ row }) => <span className="dim">{row.original.summary}</span> },
  { id: 'rows', header: 'Rows', meta: { form: 'num' }, cell: ({ row }) => count(row.original.rows) },
  { id: 'files', header: 'Files', meta: { form: 'num' }, cell: ({ row }) => count(row.original.files) },
  { id: 'size', header: 'Size', meta: { form: 'num' }, cell: ({ row }) => bytes(row.original.size_bytes) },
];

/** The versions: each crawl that finds a change cuts one, and it never changes. */
export function Versions() {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const { cursor, from = 0 } = useSearch({ from: '/frame/datasets/$id/versions' });
  const navigate = useNavigate();
  const versions = useQuery(versionsQuery(id, pageAt(cursor, 0)));
  return (
    <Panel title="Versions" note="newest first; a read opens the files of one version">
      {versions.error && <ProblemNote problem={versions.error} onRetry={() => void versions.refetch()} />}
      {versions.isPending ? (
        <Loading rows={4} />
      ) : (
        <DataTable label="Versions" columns={columns} rows={versions.data?.items ?? []} rowKey={(row) => String(row.number)} isOld={versions.isPlaceholderData} empty={<Empty small title="No crawl has cut a version yet." />} />
      )}
      <Pager from={from} shown={versions.data?.items.length ?? 0} total={versions.data?.total} next={versions.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/datasets/$id/versions', params: { id }, search: pageAt(to, at) })} />
    </Panel>
  );
}
