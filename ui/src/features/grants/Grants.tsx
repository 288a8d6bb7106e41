import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { grantsQuery } from '@/api/grants';
import { BtnLink, Empty, Loading, PageHead, Pager, Panel, ProblemNote, Seg } from '@/components';
import { GrantTable } from './GrantTable';

const views = [
  { key: 'mine', label: 'Mine', query: { mine: true } },
  { key: 'active', label: 'Active', query: { state: 'active' } },
  { key: 'suspended', label: 'Suspended', query: { state: 'suspended' } },
  { key: 'all', label: 'All', query: {} },
] as const;

/** The grants that I hold or may see. */
export function Grants() {
  const search = useSearch({ from: '/frame/grants' });
  const navigate = useNavigate();
  const { view = 'mine', cursor, from = 0 } = search;
  const chosen = views.find((one) => one.key === view) ?? views[0];
  const grants = useQuery(grantsQuery({ ...chosen.query, ...(cursor ? { cursor } : {}), limit: 50 }));
  const empty = (
    <Empty title={view === 'mine' ? 'You hold no grant.' : 'No such grant is yours to see.'} why="An approved request becomes a grant: it names who, which columns, which rows, for what and until when.">
      <BtnLink to="/catalog" icon="database">
        Find data
      </BtnLink>
    </Empty>
  );
  return (
    <>
      <PageHead icon="key" kind="Access" name="Grants" title="Grants" />
      <div style={{ marginBottom: 12 }}>
        <Seg label="Which grants" current={view} views={views.map(({ key, label }) => ({ key, label, to: { to: '/grants', search: { view: key } } }))} />
      </div>
      <Panel label="Grants">
        {grants.error && <ProblemNote problem={grants.error} onRetry={() => void grants.refetch()} />}
        {grants.isPending ? <Loading rows={6} /> : <GrantTable grants={grants.data?.items ?? []} isOld={grants.isPlaceholderData} empty={empty} />}
        <Pager
          from={from}
          shown={grants.data?.items.length ?? 0}
          total={grants.data?.total}
          next={grants.data?.next_cursor}
          onPage={(next, start) => void navigate({ to: '/grants', search: { view, ...(next ? { cursor: next, from: start } : {}) } })}
        />
      </Panel>
    </>
  );
}
