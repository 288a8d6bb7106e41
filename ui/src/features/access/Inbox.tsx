import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type InboxView, requestsQuery, type RequestItem } from '@/api/requests';
import { FactBadge, Icon, Loading, Pager, ProblemNote, readPrincipal, Seg, StateBadge, When } from '@/components';
import { useKeys } from '@/lib/keys';
import { shortId } from '@/lib/format';
import { pageAt } from '@/lib/paging';
import { stateWord } from './kinds';

const views: { key: InboxView; label: string }[] = [
  { key: 'waiting', label: 'For me' },
  { key: 'mine', label: 'Mine' },
  { key: 'decided', label: 'Decided' },
];
const none: Record<InboxView, string> = { waiting: 'No request waits for your decision.', mine: 'You have not asked for anything yet.', decided: 'You see no decided request yet.' };

type Place = { view: InboxView; cursor?: string; from?: number };

function Entry({ request, place, isOpen }: { request: RequestItem; place: Place; isOpen: boolean }) {
  return (
    <Link to="/access/$id" params={{ id: request.id }} search={place} className={`q${isOpen ? ' on' : ''}`} aria-current={isOpen ? 'true' : undefined}>
      <div className="row">
        <b className="tn" title={request.id}>{shortId(request.id)}</b>
        <span className="cut">{readPrincipal(request.principal).name}</span>
        <span className="sp" />
        <span className="sm faint nw">
          <When at={request.submitted_at ?? request.created_at} form="age" />
        </span>
      </div>
      <div className="mono cut dim" style={{ fontSize: 12 }}>
        {request.object}
      </div>
      <div className="row sm">
        <span className="dim cut">{request.kind === 'use' ? 'call it' : request.uses.join(', ') || request.kind}</span>
        <span className="sp" />
        {place.view === 'waiting' ? <FactBadge group="request" fact="yours" word="Decide" /> : <StateBadge kind="accessRequest" state={request.state} form="plain" fact={request.fact} {...stateWord(request)} />}
      </div>
    </Link>
  );
}

/** The inbox: the requests that wait for me, mine, and the decided ones; beside it the one that is open. */
export function Inbox() {
  const { view = 'waiting', cursor, from = 0 } = useSearch({ from: '/frame/access' });
  const { id } = useParams({ strict: false });
  const navigate = useNavigate();
  const placeOf = (to: string | undefined, at: number): Place => ({ view, ...pageAt(to, at) });
  const place = placeOf(cursor, from);
  const requests = useQuery({ ...requestsQuery({ view, ...(cursor ? { cursor } : {}), limit: 100 }), refetchInterval: 30_000 });
  const items = requests.data?.items ?? [];
  const at = items.findIndex((one) => one.id === id);
  const go = (step: number) => () => {
    const next = items[Math.min(Math.max(0, at + step), items.length - 1)];
    if (next) void navigate({ to: '/access/$id', params: { id: next.id }, search: place });
  };
  useKeys({ j: go(1), k: go(-1) });
  return (
    <div className={id ? 'inbox one' : 'inbox'}>
      <aside aria-label="Inbox">
        <div className="oh" style={{ marginBottom: 10 }}>
          <div>
            <div className="kind">
              <Icon name="key" size="s" />
              Access
            </div>
            {id ? <div className="b" style={{ font: '600 20px/28px var(--font)' }}>Inbox</div> : <h1>Inbox</h1>}
          </div>
        </div>
        <div style={{ marginBottom: 10 }}>
          <Seg
            label="Which requests"
            current={view}
            views={views.map(({ key, label }) => ({ key, label: key === 'waiting' && view === 'waiting' && requests.data?.total ? `${label} ${requests.data.total}` : label, to: { to: '/access', search: { view: key } } }))}
          />
        </div>
        <div className="panel">
          {requests.error && <ProblemNote problem={requests.error} />}
          {requests.isPending && <Loading rows={4} />}
          {requests.data && items.length === 0 && <p className="pb dim">{none[view]}</p>}
          {items.map((request) => (
            <Entry key={request.id} request={request} place={place} isOpen={request.id === id} />
          ))}
          {(from > 0 || requests.data?.next_cursor) && <Pager from={from} shown={items.length} total={requests.data?.total} next={requests.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/access', search: placeOf(to, at) })} />}
        </div>
        {items.length > 0 && (
          <p className="hint hide-s" style={{ marginTop: 8 }}>
            <kbd>J</kbd> <kbd>K</kbd> next
            {view === 'waiting' && (
              <>
                {' '}
                <kbd>A</kbd> approve <kbd>R</kbd> refuse
              </>
            )}
          </p>
        )}
        <p className="sm" style={{ marginTop: 8 }}>
          <Link className="link" to="/grants">
            All grants
          </Link>{' '}
          <span className="faint">·</span>{' '}
          <Link className="link" to="/purposes">
            Purposes
          </Link>
        </p>
      </aside>
      <div style={{ minWidth: 0 }}>
        <Outlet />
      </div>
    </div>
  );
}
