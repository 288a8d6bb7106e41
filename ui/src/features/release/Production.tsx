import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { isWorking, productionQuery, type PromotionView, promotionsQuery, holdsQuery } from '@/api/release';
import { Empty, Env, Icon, Line, Loading, Pager, Panel, ProblemNote, readPrincipal, When } from '@/components';
import { pageAt } from '@/lib/paging';
import { EndpointPanel } from './EndpointPanel';
import { Holds } from './Holds';
import { promotionLook } from './looks';
import { approvalsOf, movingIn, resumingIn, waitsForNobody } from './verbs';

const order = ['prod', 'preprod', 'dev'];

function Promotion({ project, promotion }: { project: string; promotion: PromotionView }) {
  const look = promotionLook(promotion);
  const kind = { release: '', rollback: ', rolled back to', resume: ', resumed' }[promotion.kind];
  return (
    <Line
      icon={look.icon}
      tone={look.tone}
      title={
        <Link className="link" to="/projects/$id/candidates/$number/into/$environment" params={{ id: project, number: String(promotion.candidate), environment: promotion.environment }}>
          Candidate {promotion.candidate}
          {kind}
        </Link>
      }
      under={
        <span className="row wrap g4">
          <Env name={promotion.environment} of="into" />
          <span>
            asked by {readPrincipal(promotion.asked_by).name}
            {promotion.reason && (promotion.kind === 'release' ? `; ${look.word.toLowerCase()}: ${promotion.reason}` : `: ${promotion.reason}`)}
          </span>
        </span>
      }
      when={<When at={promotion.changed_at} form="ago" />}
      act={
        <span className={`st plain ${look.tone}`}>
          <Icon name={look.icon} />
          {promotion.state === 'awaiting_approval' && !waitsForNobody(promotion) ? (approvalsOf(promotion) ?? look.word) : look.word}
        </span>
      }
    />
  );
}

/** What is live where, the stop button, the holds, and how each candidate came in. */
export function Production() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const production = useQuery({ ...productionQuery(id), refetchInterval: 3000 });
  const { cursor, from = 0 } = useSearch({ from: '/frame/projects/$id/production' });
  const navigate = useNavigate();
  // What moves is among the newest, whichever page is shown.
  const newest = useQuery({ ...promotionsQuery(id, { limit: 50 }), refetchInterval: (query) => (query.state.data?.items.some(isWorking) ? 1500 : 10_000) });
  const older = useQuery({ ...promotionsQuery(id, { limit: 50, cursor: cursor ?? '' }), enabled: !!cursor, refetchInterval: 10_000 });
  const promotions = cursor ? older : newest;
  const holds = useQuery(holdsQuery(id));
  const all = newest.data?.items ?? [];
  const shown = promotions.data?.items ?? [];
  return (
    <>
      {production.error && <ProblemNote problem={production.error} onRetry={() => void production.refetch()} />}
      {production.isPending && <Loading rows={6} />}
      <div className="pair-wide">
        {production.data?.toSorted((a, b) => order.indexOf(a.environment) - order.indexOf(b.environment)).map((one) => <EndpointPanel key={one.environment} project={id} production={one} moving={movingIn(all, one.environment)} resuming={resumingIn(all, one.environment)} />)}
      </div>
      {holds.error && <ProblemNote problem={holds.error} />}
      {holds.data && <Holds project={id} holds={holds.data} />}
      <Panel title="Promotions" note="each candidate’s way through a gate, newest first">
        {promotions.error && <ProblemNote problem={promotions.error} onRetry={() => void promotions.refetch()} />}
        {promotions.isPending && <Loading rows={3} />}
        {promotions.data && shown.length === 0 && <Empty small title="Nothing has been promoted yet." why="A promotion is a candidate’s way through a gate." command={`lockgate release promote ${id} 1 --into preprod`} />}
        {shown.map((promotion) => (
          <Promotion key={promotion.id} project={id} promotion={promotion} />
        ))}
        <Pager from={from} shown={shown.length} total={promotions.data?.total} next={promotions.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/projects/$id/production', params: { id }, search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}
