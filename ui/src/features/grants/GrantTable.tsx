import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import type { GrantView } from '@/api/grants';
import { Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { day } from '@/lib/format';
import { PurposeName } from '../purposes/names';
import { GrantBadge, scopeLine } from './GrantBadge';

const columns: ColumnDef<GrantView, unknown>[] = [
  {
    id: 'object',
    header: 'What',
    cell: ({ row: { original } }) => (
      <Link className="link mono" to="/grants/$id" params={{ id: original.id }}>
        {original.object}
      </Link>
    ),
  },
  { id: 'who', header: 'Who', cell: ({ row }) => <Who who={row.original.principal} /> },
  { id: 'state', header: 'State', cell: ({ row }) => <GrantBadge grant={row.original} /> },
  { id: 'scope', header: 'Lets through', cell: ({ row }) => <span className="dim">{scopeLine(row.original)}</span> },
  { id: 'uses', header: 'To', cell: ({ row }) => <span className="dim">{row.original.uses.join(', ')}</span> },
  { id: 'purpose', header: 'Purpose', cell: ({ row }) => <span className="dim"><PurposeName id={row.original.purpose} /></span> },
  { id: 'ends', header: 'Ends', meta: { form: 'num' }, cell: ({ row }) => day(row.original.expires_at) },
];

/** Grants as rows. */
export function GrantTable({ grants, empty, isOld = false }: { grants: GrantView[]; empty: ReactNode; isOld?: boolean }) {
  return <DataTable label="Grants" columns={columns} rows={grants} rowKey={(grant) => grant.id} isOld={isOld} empty={empty} />;
}
