import { type ColumnDef, flexRender, getCoreRowModel, type RowData, useReactTable } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import { Icon } from './Icon';

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData extends RowData, TValue> {
    /** `num` stands right, `act` acts, `wide` takes its own line on a narrow screen. */
    form?: 'num' | 'act' | 'wide' | 'text';
    /** The word the server sorts by; without one the column cannot be sorted. */
    sort?: string;
  }
}

type Sort = { by: string; descending: boolean };
type DataTableProps<T> = {
  label: string;
  columns: ColumnDef<T, unknown>[];
  rows: T[];
  rowKey: (row: T) => string;
  isOld?: boolean;
  selected?: string | null;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  cards?: boolean;
  dense?: boolean;
  empty?: ReactNode;
};

/** A table whose pages, order and filters are the server's; it only draws. `isOld` dims rows while the next page loads. */
export function DataTable<T>(props: DataTableProps<T>) {
  const { label, columns, rows, rowKey, isOld, selected, sort, onSort, cards, dense, empty } = props;
  const table = useReactTable({
    data: rows,
    columns,
    getRowId: rowKey,
    getCoreRowModel: getCoreRowModel(),
    manualPagination: true,
    manualSorting: true,
  });
  if (rows.length === 0 && empty) return <>{empty}</>;
  const classes = ['t', dense ? 'dense' : '', cards ? 'cards' : '', isOld ? 'old' : ''].filter(Boolean).join(' ');
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={`${label}, scrolls`}>
      <table className={classes} aria-label={label} aria-busy={isOld || undefined}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map(({ id, column, getContext }) => {
                const { form, sort: word } = column.columnDef.meta ?? {};
                const isSorted = word != null && sort?.by === word;
                const title = flexRender(column.columnDef.header, getContext());
                if (form === 'act') return <td key={id} aria-hidden="true" />;
                return (
                  <th key={id} scope="col" className={form === 'num' ? 'num' : ''} aria-sort={isSorted ? (sort.descending ? 'descending' : 'ascending') : undefined}>
                    {word && onSort ? (
                      <button type="button" onClick={() => onSort({ by: word, descending: isSorted ? !sort.descending : false })}>
                        {title}
                        {isSorted && <Icon name={sort.descending ? 'chevron-down' : 'chevron-up'} size="s" />}
                      </button>
                    ) : (
                      title
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className={row.id === selected ? 'sel' : ''}>
              {row.getVisibleCells().map((cell, at) => {
                const { header, meta } = cell.column.columnDef;
                const form = meta?.form;
                const said = cards && at > 0 && form !== 'act' && typeof header === 'string' && header ? { 'data-l': `${header}:` } : {};
                const drawn = flexRender(cell.column.columnDef.cell, cell.getContext());
                return (
                  <td key={cell.id} className={form && form !== 'text' ? form : ''} {...said}>
                    {drawn}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
