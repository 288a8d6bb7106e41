import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { candidateQuery, gatesQuery, holdsQuery, isOpenPromotion, isWorking, mayNow, type ProductionView, productionQuery, reviewQuery, type ReviewView } from '@/api/release';
import { useMe } from '@/api/session';
import { Badge, Icon, Loading, lookOf, Meta, NextStrip, PageHead, Panel, readPrincipal, When, Who } from '@/components';
import { codeText } from '@/components/codeText';
import { Unread } from '@/frame/Lost';
import { sentence, spoken } from '@/lib/format';
import { purposesIn, usePurposes } from '../purposes/names';
import { Digests } from './CandidateSide';
import { changesShown } from './changes';
import { DecidePromotion } from './DecidePromotion';
import { followsFrom } from './effects';
import { GiveUp } from './GiveUp';
import { promotionLook, yours } from './looks';
import { passedOf } from './metrics';
import { MetricLegend, MetricTable } from './MetricTable';
import { NotTested } from './NotTested';
import { Promote } from './Promote';
import { ReviewSide } from './ReviewSide';
import { approvalsOf, authorOf, nextEnvironment, openHolds, promotionVerbs, waitsForNobody } from './verbs';

/** Whether it is asked that what was stopped answers again. */
const isResumption = ({ promotion }: ReviewView) => promotion?.kind === 'resume' && isOpenPromotion(promotion);

/** What is asked, in one sentence; what its promotion is for, where it is none of a new release; and of what was stopped, by whom and why. */
function WhatIsAsked({ review, suspended }: { review: ReviewView; suspended: ProductionView['suspended'] }) {
  const { candidate, environment, live, promotion } = review;
  const name = `${candidate.model} ${candidate.version}`;
  const isDone = live === candidate.number && !(promotion && isOpenPromotion(promotion));
  const kind = isDone ? 'live' : (promotion?.kind ?? 'release');
  return (
    <Panel title={<span className="row g4"><Icon name="flag" /> What is asked</span>} label="What is asked" padded>
      <p>
        {kind === 'live' && 'Nothing more: '}
        {kind === 'rollback' && 'Bring back '}
        {kind === 'resume' && 'Let answer again '}
        {kind === 'release' && 'Let '}
        <b>{name}</b>, candidate {candidate.number}, {kind === 'live' ? 'is live' : kind === 'release' ? (live == null ? 'be the first to serve' : `replace candidate ${live}`) : ''} on the endpoint in <b>{environment}</b>.{' '}
        {kind === 'live' ? null : followsFrom(kind, environment, live ?? null)}
      </p>
      {isResumption(review) && (
        <p>
          {suspended ? (
            <>
              It was stopped by {readPrincipal(suspended.by).name}, <When at={suspended.at} />: “{codeText(spoken(suspended.reason))}”
            </>
          ) : (
            'It was stopped, and is suspended until this is approved.'
          )}
        </p>
      )}
      {promotion?.reason && promotion.reason !== suspended?.reason && <p className="dim">“{promotion.reason}”</p>}
    </Panel>
  );
}

function Changes({ review }: { review: ReviewView }) {
  const { live, candidate } = review;
  const purposes = usePurposes();
  const changes = changesShown(review.changes, (text) => purposesIn(text, purposes));
  return (
    <Panel title={<span className="row g4"><Icon name="file-diff" /> What changed since the live one</span>} label="What changed since the live one" {...(live == null ? { note: 'nothing is live here yet' } : {})}>
      {changes.length === 0 ? (
        <p className="pb dim">{live == null ? 'There is nothing to compare it with: it would be the first.' : live === candidate.number ? (isResumption(review) ? 'Nothing: it is the candidate that was stopped.' : 'Nothing: this is the one that is live.') : `Nothing: it is made of the same parts as candidate ${live}.`}</p>
      ) : (
        <div className="scroll" tabIndex={0} role="group" aria-label="What changed, scrolls">
          <table className="t cards" aria-label="What changed">
            <thead>
              <tr>
                <th scope="col">Part</th>
                <th scope="col">{live == null ? 'Live now' : `Live now, candidate ${live}`}</th>
                <th scope="col">After, candidate {candidate.number}</th>
              </tr>
            </thead>
            <tbody>
              {changes.map((change) => (
                <tr key={change.what}>
                  <th scope="row">{change.what}</th>
                  <td className="dim wide" data-l="Live now:">{change.before}</td>
                  <td className="wide" data-l="After:">{change.after}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Bullets({ title, icon, lines, mark }: { title: string; icon: string; lines: string[]; mark: string }) {
  const purposes = usePurposes();
  return (
    <Panel title={<span className="row g4"><Icon name={icon} /> {title}</span>} label={title} padded>
      <ul className="dot">
        {lines.map((line) => (
          <li key={line}>
            <span className="ic idle">
              <Icon name={mark} />
            </span>
            <span>{codeText(sentence(spoken(purposesIn(line, purposes))))}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** A candidate before a gate: what is asked, what changed, what was tested and what not, who is affected, and what if I do nothing. */
export function Review() {
  const { id, number, environment } = useParams({ from: '/frame/projects/$id/candidates/$number/into/$environment' });
  const me = useMe();
  const review = useQuery({ ...reviewQuery(id, Number(number), environment), refetchInterval: (query) => (query.state.data?.promotion && isWorking(query.state.data.promotion) ? 1500 : 10_000) });
  const liveNumber = review.data?.live ?? null;
  const live = useQuery({ ...candidateQuery(id, liveNumber ?? 0), enabled: liveNumber != null && liveNumber !== Number(number) });
  const gates = useQuery(gatesQuery(id));
  const holds = useQuery(holdsQuery(id));
  const production = useQuery({ ...productionQuery(id), enabled: review.data?.promotion?.kind === 'resume' });
  if (!review.data) return review.error ? <Unread problem={review.error} what="review" onRetry={() => void review.refetch()} /> : <Loading rows={8} />;
  const view = review.data;
  const { candidate, promotion } = view;
  const decides = !!promotion && promotionVerbs(promotion, me.person.id, { abandon: false, rollBack: false }).includes('approve');
  const why = authorOf(candidate, me.person.id);
  const policy = gates.data?.find((gate) => gate.environment === environment && gate.state === 'in_force') ?? null;
  const held = openHolds(holds.data ?? [], view.environment);
  const to = nextEnvironment(candidate);
  const idle = promotion && waitsForNobody(promotion);
  const badge = promotion ? idle ? <Badge look={promotionLook(promotion)} /> : decides ? <Badge look={yours} /> : <Badge look={lookOf('promotion', promotion.state)} fact={promotion.state === 'awaiting_approval' ? approvalsOf(promotion) : null} /> : undefined;
  return (
    <>
      <PageHead
        icon="package"
        kind={`Candidate of ${id}, at the gate into ${environment}`}
        name={`Candidate ${candidate.number} into ${environment}`}
        title={`Candidate ${candidate.number} into ${environment}`}
        badge={badge}
        meta={
          <>
            <Link className="link" to="/projects/$id/candidates/$number" params={{ id, number }}>
              {candidate.subject}
            </Link>
            <Meta icon="box">
              {candidate.model} {candidate.version}
            </Meta>
            <span>
              cut <When at={candidate.created_at} form="ago" />
            </span>
            {candidate.authors.slice(0, 3).map((author) => (
              <Who key={author.name} who={author.person ?? author.name} title={author.why} />
            ))}
          </>
        }
        actions={
          <>
            {!decides && promotion && <GiveUp promotion={promotion} live={liveNumber} />}
            {mayNow(view.next, 'promote') && to === view.environment && <Promote project={id} candidate={candidate.number} environment={to} />}
          </>
        }
      />
      <NextStrip next={idle ? { ...view.next, tone: promotionLook(promotion).tone } : view.next} {...(held.length > 0 && promotion && isOpenPromotion(promotion) ? { icon: 'hand-stop' } : {})} />
      <div className="cols" style={{ ['--side' as string]: '268px' }}>
        <div className="stack">
          <WhatIsAsked review={view} suspended={production.data?.find((one) => one.environment === view.environment)?.suspended ?? null} />
          <Changes review={view} />
          <Panel title={<span className="row g4"><Icon name="list-check" /> What was tested</span>} label="What was tested" note={passedOf(candidate.checks)} right={<MetricLegend live={live.data ? liveNumber : null} />} foot="Computed by the platform from the exported model, on rows held out from training.">
            <MetricTable checks={candidate.checks} live={live.data?.checks} liveNumber={liveNumber} />
          </Panel>
          <div className="three">
            <NotTested checks={candidate.checks} />
            <Bullets title="Who is affected" icon="users" mark="server-2" lines={view.affected.length > 0 ? view.affected : ['Nobody calls this endpoint yet.']} />
            <Bullets title="If you do nothing" icon="hourglass" mark="clock" lines={[view.if_nothing]} />
          </div>
          <Digests candidate={candidate} />
        </div>
        <aside className="stack" aria-label="Gate and approvals">
          <ReviewSide review={view} policy={policy} held={held} why={why} />
        </aside>
      </div>
      {decides && promotion && <DecidePromotion review={view} promotion={promotion} bakingS={policy?.baking_s ?? null} />}
    </>
  );
}
