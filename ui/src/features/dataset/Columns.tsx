import { SegmentedControl, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { ColumnDef } from '@tanstack/react-table';
import { type ColumnProfile, columnsQuery, type ColumnView, datasetQuery, profileQuery } from '@/api/datasets';
import { Empty, FactBadge, Icon, Level, Loading, Panel, ProblemNote, Spark } from '@/components';
import { DataTable } from '@/components/DataTable';
import { count } from '@/lib/format';
import { Classify } from './Classify';
import { barsOf, ColumnCard, range, undrawn } from './ColumnCard';
import { Meaning } from './Meaning';
import { typeWord } from './types';

type Row = ColumnView & { profile: ColumnProfile | undefined };

function columnsOf(maySay: boolean, mayDescribe: boolean, hasMeaning: boolean, onSaid: (text: string) => void): ColumnDef<Row, unknown>[] {
  const meaning: ColumnDef<Row, unknown> = { id: 'meaning', header: 'Meaning', meta: { form: 'wide' }, cell: ({ row: { original } }) => (mayDescribe ? <Meaning column={original} /> : <span className="dim">{original.description}</span>) };
  return [
    { id: 'name', header: 'Name', cell: ({ row }) => <ColumnCard column={row.original} profile={row.original.profile} /> },
    { id: 'you', header: 'For you', cell: ({ row }) => <FactBadge group="columnForYou" fact={row.original.for_you} /> },
    { id: 'type', header: 'Type', cell: ({ row }) => <span className="dim" title={row.original.type}>{typeWord(row.original.type)}</span> },
    {
      id: 'values',
      header: 'Values',
      cell: ({ row: { original } }) =>
        barsOf(original.profile).length > 0 ? (
          <Spark counts={barsOf(original.profile)} label={`Values of ${original.name}: ${range(original.profile)}`} />
        ) : (
          <span className="sm faint" title={original.profile?.why_not ?? undefined}>
            {undrawn(original.profile) ?? 'not shown'}
          </span>
        ),
    },
    { id: 'range', header: 'Range', meta: { form: 'num' }, cell: ({ row }) => <span className="cut rng" title={range(row.original.profile)}>{range(row.original.profile)}</span> },
    ...(hasMeaning ? [meaning] : []),
    {
      id: 'level',
      header: 'Level',
      cell: ({ row: { original } }) => (maySay ? <Classify column={original} onSaid={onSaid} /> : <Level level={original.level} source={original.level_source} />),
    },
  ];
}

const isSensitive = (column: ColumnView) => column.level_source === 'unclassified' || ['confidential', 'restricted'].includes(column.level);

/** The columns: what each is for the viewer, how its values lie, what it means and how sensitive it is. */
export function Columns() {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const columns = useQuery(columnsQuery(id));
  const profile = useQuery(profileQuery(id));
  const { data: dataset } = useQuery(datasetQuery(id));
  const [find, setFind] = useState('');
  const [view, setView] = useState('all');
  const [said, setSaid] = useState('');
  const maySay = !!dataset?.may_classify;
  const all: Row[] = useMemo(
    () => (columns.data?.items ?? []).map((column) => ({ ...column, profile: profile.data?.columns.find((one) => one.name === column.name) })),
    [columns.data, profile.data],
  );
  const mayDescribe = !!dataset?.may_describe;
  const hasMeaning = mayDescribe || all.some((column) => column.description);
  const table = useMemo(() => columnsOf(maySay, mayDescribe, hasMeaning, setSaid), [maySay, mayDescribe, hasMeaning]);
  const inView = { all: () => true, mine: (column: Row) => column.for_you !== 'not_granted', sensitive: isSensitive }[view] ?? (() => true);
  const shown = all.filter((column) => inView(column) && `${column.name} ${column.description}`.toLowerCase().includes(find.toLowerCase()));
  const segments = [
    { value: 'all', label: `All ${all.length}` },
    { value: 'mine', label: `I can read ${all.filter((column) => column.for_you !== 'not_granted').length}` },
    { value: 'sensitive', label: `Sensitive ${all.filter(isSensitive).length}` },
  ];
  return (
    <Panel
      title="Columns"
      note={
        <TextInput data-find aria-label="Filter columns" placeholder="Filter columns" leftSection={<Icon name="search" />} value={find} onChange={(event) => setFind(event.currentTarget.value)} />
      }
      right={<SegmentedControl aria-label="Which columns" data={segments} value={view} onChange={setView} />}
      foot={
        <>
          <span>
            {shown.length} of {all.length} shown
          </span>
          <span role="status">{said}</span>
          <span className="sp" />
          {dataset?.rows != null && <span>Profiled on {count(dataset.rows)} rows; values follow level and grant</span>}
        </>
      }
    >
      {columns.error && <ProblemNote problem={columns.error} onRetry={() => void columns.refetch()} />}
      {profile.error && <ProblemNote problem={profile.error} onRetry={() => void profile.refetch()} />}
      {columns.isPending ? (
        <Loading rows={8} />
      ) : (
        <DataTable label="Columns" dense cards columns={table} rows={shown} rowKey={(row) => row.name} empty={<Empty small title="No column matches." />} />
      )}
    </Panel>
  );
}
