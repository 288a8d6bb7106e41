import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import type { LiveModelView } from '@/api/live';
import { FactBadge, StateBadge, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';

/** Whether the viewer may call it: a fact beside its state. */
export function MayCall({ model, form = 'plain' }: { model: Pick<LiveModelView, 'granted'>; form?: 'plain' | 'tint' }) {
  return model.granted ? <FactBadge group="datasetForYou" fact="readable" word="You may call it" form={form} /> : <FactBadge group="datasetForYou" fact="askable" word="No access yet" form={form} />;
}

const columns: ColumnDef<LiveModelView, unknown>[] = [
  {
    id: 'title',
    header: 'Model',
    meta: { form: 'wide' },
    cell: ({ row: { original } }) => (
      <>
        <Link className="link m" to="/models/live/$endpoint" params={{ endpoint: original.endpoint }}>
          {original.title}
        </Link>
        <div className="mono sm faint">{original.endpoint}</div>
      </>
    ),
  },
  {
    id: 'use',
    header: 'For',
    meta: { form: 'wide' },
    cell: ({ row: { original } }) => (
      <span className="dim" title={original.intended_use}>
        {brief(original.intended_use)}
      </span>
    ),
  },
  { id: 'owner', header: 'Owner', cell: ({ row }) => <Who who={row.original.owner} title="Model owner" /> },
  { id: 'team', header: 'Team', cell: ({ row }) => row.original.team },
  { id: 'tier', header: 'Tier', cell: ({ row }) => <span className="nw">Tier {row.original.tier}</span> },
  { id: 'since', header: 'Live since', cell: ({ row }) => <When at={row.original.live_since} form="ago" /> },
  { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="liveModel" state={row.original.state} form="plain" /> },
  { id: 'you', header: 'You', cell: ({ row }) => <MayCall model={row.original} /> },
];

const longest = 96;
/** Returns a use short enough for a row, cut between words. */
export function brief(text: string): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), longest / 2))}…`;
}

/** The live models of a page. */
export function LiveModelTable({ models, isOld = false }: { models: LiveModelView[]; isOld?: boolean }) {
  return <DataTable label="Live models" columns={columns} rows={models} rowKey={(one) => one.endpoint} isOld={isOld} cards />;
}
