import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import type { GrantView } from '@/api/grants';
import { FactBadge, StateBadge, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { day, daysUntil, plural } from '@/lib/format';

/** Says what a grant lets through: "22 columns, 2 masked, some rows". */
export function scopeLine(grant: Pick<GrantView, 'columns' | 'row_filter' | 'kind'>): string {
  if (grant.kind === 'write') return 'publish below it';
  const terms = grant.columns.map((column) => column.as);
  const masked = terms.filter((term) => term === 'token' || term === 'null').length;
  const check = terms.filter((term) => term === 'check').length;
  return [plural(terms.length, 'column'), masked && `${masked} masked`, check && `${check} check only`, grant.row_filter.length > 0 && 'some rows'].filter(Boolean).join(', ');
}

/** A grant's state; a live one that ends within two weeks says so. */
export function GrantBadge({ grant, form = 'plain' }: { grant: GrantView; form?: 'plain' | 'tint' }) {
  const left = daysUntil(grant.expires_at);
  if (grant.ends_soon) return <FactBadge group="grant" fact="ends_soon" form={form} word={`${plural(left, 'day')} left`} />;
  return <StateBadge kind="grant" state={grant.state} form={form} />;
}

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
  { id: 'purpose', header: 'Purpose', cell: ({ row }) => <span className="dim">{row.original.purpose}</span> },
  { id: 'ends', header: 'Ends', meta: { form: 'num' }, cell: ({ row }) => day(row.original.expires_at) },
];

/** Grants as rows. */
export function GrantTable({ grants, empty, isOld = false }: { grants: GrantView[]; empty: ReactNode; isOld?: boolean }) {
  return <DataTable label="Grants" columns={columns} rows={grants} rowKey={(grant) => grant.id} isOld={isOld} empty={empty} />;
}
