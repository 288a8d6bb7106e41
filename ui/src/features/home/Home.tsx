import { useDocumentTitle } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { grantsQuery } from '@/api/grants';
import { redBreachesQuery } from '@/api/monitoring';
import { decisionsQuery } from '@/api/release';
import { requestsQuery, type RequestItem } from '@/api/requests';
import { useMe } from '@/api/session';
import { BtnLink, Empty, Line, Loading, PageHead, Panel, ProblemNote, readPrincipal, StateBadge, When } from '@/components';
import { codeText } from '@/components/codeText';
import { day, plural, spoken } from '@/lib/format';
import { kindWords, stateWord } from '../access/kinds';
import { Begin, useIsEmpty } from './Begin';
import { RedBreaches } from '../monitors/RedBreaches';
import { GrantBadge, scopeLine } from '../grants/GrantBadge';
import { PurposeName } from '../purposes/names';
import { Promotions } from './Promotions';

const today = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const numbers = ['Nothing waits', 'One thing waits', 'Two things wait', 'Three things wait', 'Four things wait', 'Five things wait'];

function Waiting({ requests }: { requests: RequestItem[] }) {
  return requests.map((request) => (
    <Line
      key={request.id}
      icon="user-question"
      tone="waiting"
      title={
        <span className="m">
          Decide on {readPrincipal(request.principal).name} {kindWords[request.kind].doing} <span className="mono">{request.object}</span>
        </span>
      }
      under={
        <>
          {request.uses.join(', ')} for <PurposeName id={request.purpose} />, until {day(request.expires_at)}
        </>
      }
      when={<When at={request.submitted_at ?? request.created_at} form="age" />}
      act={
        <BtnLink size="sm" to="/access/$id" params={{ id: request.id }} search={{ view: 'waiting' }}>
          Review
        </BtnLink>
      }
    />
  ));
}

/** What waits for me, what I asked for, and what I may read. */
export function Home() {
  useDocumentTitle('Home · Lockgate');
  const me = useMe();
  const waiting = useQuery({ ...requestsQuery({ view: 'waiting', limit: 50 }), refetchInterval: 30_000 });
  const mine = useQuery({ ...requestsQuery({ view: 'mine', limit: 6 }), refetchInterval: 30_000 });
  const grants = useQuery(grantsQuery({ mine: true, limit: 6 }));
  const promotions = useQuery(decisionsQuery);
  const breaches = useQuery(redBreachesQuery);
  const isEmpty = useIsEmpty();
  const items = waiting.data?.items ?? [];
  const asked = promotions.data?.items ?? [];
  const red = breaches.data ?? [];
  const total = (waiting.data?.total ?? items.length) + (promotions.data?.total ?? asked.length) + red.length;
  const headline = waiting.data ? `${numbers[total] ?? `${plural(total, 'thing')} wait`} for you` : `Hello, ${me.person.name}`;
  return (
    <>
      <PageHead
        kind={today.format(new Date())}
        name={headline}
        title="Home"
        actions={
          <BtnLink to="/catalog" icon="database">
            Find data
          </BtnLink>
        }
      />
      <div className="cols" style={{ ['--side' as string]: '324px' }}>
        <div className="stack">
          <Panel
            label="Waiting for you"
            title={
              <span className="row">
                Waiting for you {total > 0 && <span className="n waiting">{total}</span>}
              </span>
            }
            right={items.length + asked.length > 1 && <span className="faint">oldest first</span>}
          >
            {waiting.error && <ProblemNote problem={waiting.error} onRetry={() => void waiting.refetch()} />}
            {promotions.error && promotions.error.status !== 404 && <ProblemNote problem={promotions.error} onRetry={() => void promotions.refetch()} />}
            {breaches.error && <ProblemNote problem={breaches.error} onRetry={() => void breaches.refetch()} />}
            {waiting.isPending && <Loading rows={3} />}
            {waiting.data && items.length + asked.length + red.length === 0 && (isEmpty ? <Begin /> : <Empty small title="Decisions that are yours to make show up here." />)}
            <RedBreaches breaches={red} />
            <Promotions promotions={asked} />
            <Waiting requests={items.toSorted((a, b) => (a.submitted_at ?? '').localeCompare(b.submitted_at ?? ''))} />
          </Panel>
          <Panel
            title="What I asked for"
            right={
              <Link className="link" to="/access" search={{ view: 'mine' }}>
                All my requests
              </Link>
            }
          >
            {mine.error && <ProblemNote problem={mine.error} />}
            {mine.isPending && <Loading rows={3} />}
            {mine.data?.items.length === 0 && <Empty small title="You have not asked for anything yet." why="Find a dataset and ask for the columns you need, or a live model and ask to call it." />}
            {mine.data?.items.map((request) => (
              <Line
                key={request.id}
                icon="key"
                title={
                  <Link className="mono m" to="/access/$id" params={{ id: request.id }} search={{ view: 'mine' }}>
                    {request.object}
                  </Link>
                }
                under={codeText(spoken(`${request.next.text} ${request.next.reason}`))}
                when={<When at={request.submitted_at ?? request.created_at} form="ago" />}
                act={<StateBadge kind="accessRequest" state={request.state} fact={request.fact} form="plain" {...stateWord(request)} />}
              />
            ))}
          </Panel>
        </div>
        <aside className="stack" aria-label="My access">
          <Panel
            title="My access"
            right={
              <Link className="link" to="/grants">
                {grants.data?.total ? `All ${plural(grants.data.total, 'grant')}` : 'All grants'}
              </Link>
            }
          >
            {grants.error && <ProblemNote problem={grants.error} />}
            {grants.isPending && <Loading rows={3} />}
            {grants.data?.items.length === 0 && <Empty small title="You hold no grant yet." />}
            {grants.data?.items.map((grant) => (
              <Line
                key={grant.id}
                title={
                  <Link className="mono" to="/grants/$id" params={{ id: grant.id }} style={{ overflowWrap: 'anywhere' }}>
                    {grant.object}
                  </Link>
                }
                under={`${scopeLine(grant)} · until ${day(grant.expires_at)}`}
                act={<GrantBadge grant={grant} form="tint" />}
              />
            ))}
          </Panel>
        </aside>
      </div>
    </>
  );
}
