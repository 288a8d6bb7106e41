import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { useState } from 'react';
import { purposesPageQuery, type PurposeView } from '@/api/requests';
import { Btn, Empty, Loading, PageHead, Pager, Panel, ProblemNote, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { plural } from '@/lib/format';
import { pageAt } from '@/lib/paging';
import { NewPurpose } from './NewPurpose';

const columns: ColumnDef<PurposeView, unknown>[] = [
  {
    id: 'name',
    header: 'Purpose',
    cell: ({ row: { original } }) => (
      <Link className="link" to="/purposes/$id" params={{ id: original.id }}>
        {original.name}
      </Link>
    ),
  },
  { id: 'basis', header: 'Lawful basis', cell: ({ row }) => <span className="dim">{row.original.lawful_basis}</span> },
  { id: 'uses', header: 'Allows', cell: ({ row }) => <span className="dim">{row.original.allowed_uses.join(', ')}</span> },
  { id: 'owner', header: 'Owner', cell: ({ row }) => <Who who={row.original.owner} /> },
  { id: 'kept', header: 'Kept', meta: { form: 'num' }, cell: ({ row }) => plural(row.original.retention_days, 'day') },
];

/** The purposes on record: why data may be used at all. */
export function Purposes() {
  const { cursor, from = 0 } = useSearch({ from: '/frame/purposes' });
  const navigate = useNavigate();
  const purposes = useQuery(purposesPageQuery(cursor ? { cursor } : {}));
  const [isNew, setNew] = useState(false);
  return (
    <>
      <PageHead icon="target" kind="Access" name="Purposes" title="Purposes" actions={<Btn look="primary" icon="plus" onClick={() => setNew(true)}>Record a purpose</Btn>} />
      <div className="stack">
        {isNew && <NewPurpose onClose={() => setNew(false)} />}
        <Panel label="Purposes">
          {purposes.error && <ProblemNote problem={purposes.error} onRetry={() => void purposes.refetch()} />}
          {purposes.isPending ? (
            <Loading rows={4} />
          ) : (
            <DataTable label="Purposes" columns={columns} rows={purposes.data?.items ?? []} rowKey={(one) => one.id} isOld={purposes.isPlaceholderData} empty={<Empty title="No purpose is on record yet." why="Every request names one: why the data may be used, on what lawful basis, for which uses and how long it is kept." />} />
          )}
          <Pager from={from} shown={purposes.data?.items.length ?? 0} total={purposes.data?.total} next={purposes.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/purposes', search: pageAt(to, at) })} />
        </Panel>
      </div>
    </>
  );
}
