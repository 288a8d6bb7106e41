import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { BreachState } from '@/api/monitoring';
import { Btn, Empty, Loading, Pager, Panel, ProblemNote } from '@/components';
import { usePage } from '@/lib/paging';
import { BreachLine } from './BreachLine';
import { useBreaches } from './useMonitor';

const views: { key: BreachState | 'all'; label: string }[] = [
  { key: 'open', label: 'Open' },
  { key: 'acknowledged', label: 'Acknowledged' },
  { key: 'resolved', label: 'Resolved' },
  { key: 'all', label: 'All' },
];

/** The breaches of a monitor, by their state; the one that a link names is marked. */
export function Breaches({ monitor, project, chosen }: { monitor: string; project: string; chosen?: string | undefined }) {
  const [view, setView] = useState<BreachState | 'all'>(chosen ? 'all' : 'open');
  const { page, from, onPage } = usePage();
  const breaches = useBreaches({ monitor }, view === 'all' ? undefined : view, page.cursor);
  const show = (next: BreachState | 'all') => {
    setView(next);
    onPage(undefined, 0);
  };
  const items = breaches.data?.items ?? [];
  return (
    <Panel
      title="Breaches"
      note="a red one holds prod"
      right={
        <span className="row g4" role="group" aria-label="Which breaches">
          {views.map(({ key, label }) => (
            <Btn key={key} size="sm" look={key === view ? 'tint' : 'sub'} aria-pressed={key === view} onClick={() => show(key)}>
              {label}
            </Btn>
          ))}
        </span>
      }
      foot={
        <span>
          A breach ends when an evaluation finds it within its limit, or when an owner or validator acknowledges and then resolves it. Holds are lifted under{' '}
          <Link className="link" to="/projects/$id/production" params={{ id: project }}>
            Endpoints
          </Link>
          .
        </span>
      }
    >
      {breaches.error && <ProblemNote problem={breaches.error} onRetry={() => void breaches.refetch()} />}
      {breaches.isPending && <Loading rows={3} />}
      {breaches.data && items.length === 0 && <Empty small title={view === 'all' ? 'Nothing was ever beyond a limit.' : `No breach is ${view}.`} />}
      {items.map((breach) => (
        <BreachLine key={breach.id} breach={breach} isChosen={breach.id === chosen} />
      ))}
      <Pager from={from} shown={items.length} total={breaches.data?.total} next={breaches.data?.next_cursor} onPage={onPage} />
    </Panel>
  );
}
