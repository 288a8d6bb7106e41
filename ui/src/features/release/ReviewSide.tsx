import { Link } from '@tanstack/react-router';
import type { GatePolicyView, HoldView, ReviewView } from '@/api/release';
import { Facts, Icon, Line, lookOf, Panel, readPrincipal, When, Who } from '@/components';
import { codeText } from '@/components/codeText';
import { duration, sentence, spoken } from '@/lib/format';
import { approvalsOf, gateWords, waitsFor, waitsForNobody } from './verbs';

/** Who approved, whom it waits for, and who may not, with the viewer's own reason first. */
function Approvals({ review, why }: { review: ReviewView; why: string | null }) {
  const { promotion, candidate } = review;
  const fact = promotion && approvalsOf(promotion);
  const who = candidate.authors.map((author) => `${author.person ? readPrincipal(author.person).name : author.name} (${author.why})`).join(', ');
  return (
    <Panel title="Approvals" right={fact && <span className="sm dim">{fact.replace(/ approvals?$/, '')}</span>}>
      {promotion?.approvals.map((approval) => (
        <Line
          key={`${approval.by}${approval.at}`}
          lead={<Who who={approval.by} bare />}
          title={readPrincipal(approval.by).name}
          under={
            <>
              {approval.decision === 'approved' ? 'Approved' : 'Refused'} <When at={approval.at} />
              {!approval.counts && ', void: the policy changed since'}
              {approval.comment && <span className="said"> “{approval.comment}”</span>}
            </>
          }
        />
      ))}
      {fact && promotion?.state === 'awaiting_approval' && !waitsForNobody(promotion) && <Line icon="user-question" tone="waiting" title={sentence(waitsFor(promotion))} under={<>asked <When at={promotion.created_at} form="ago" /></>} />}
      {!fact && <Line icon="circle-check" tone="good" title="No person’s approval is asked for" under="The checks decide" />}
      {fact && why && <Line icon="user-off" title={<b className="m">You may not approve it</b>} under={`You made part of it: ${why}. Somebody else who holds the role decides.`} />}
      {fact && !why && who && <Line icon="user-off" title="Its authors may not" under={`${who}; administrators are no exception`} />}
    </Panel>
  );
}

/** The gate: each thing that must be so, the policy in force, and the hold. */
export function ReviewSide({ review, policy, held, why }: { review: ReviewView; policy: GatePolicyView | null; held: HoldView[]; why: string | null }) {
  const { gates, promotion, environment, candidate } = review;
  return (
    <>
      <Approvals review={review} why={why} />
      <Panel title={`Gate into ${environment}`}>
        {gates
          .filter((gate) => gate.name !== 'approvals')
          .map((gate) => {
            const look = lookOf('gate', gate.state);
            return (
              <div className="chk" key={gate.name}>
                <span className={`ic ${look.tone}`}>
                  <Icon name={look.icon} label={look.word} />
                </span>
                <span className="two-lines">{codeText(gateWords(gate))}</span>
              </div>
            );
          })}
        <dl className="kv">
          {held.length > 0 && (
            <>
              <dt>Hold</dt>
              <dd>
                {codeText(spoken(held[0]?.reason ?? ''))}, by {readPrincipal(held[0]?.by ?? '').name}
              </dd>
            </>
          )}
          {policy && (
            <>
              <dt>Policy</dt>
              <dd>
                <Link className="link" to="/projects/$id/gates" params={{ id: candidate.project }}>
                  version {policy.version}
                </Link>
                , by {readPrincipal(policy.by).name}
              </dd>
              <dt>Baking</dt>
              <dd>{policy.baking_s > 0 ? duration(policy.baking_s * 1000) : 'none'}</dd>
            </>
          )}
        </dl>
      </Panel>
      {promotion && (
        <Panel title="How it goes" padded>
          <Facts
            items={[
              ['Asked by', <Who key="a" who={promotion.asked_by} />],
              ['Asked', <When key="w" at={promotion.created_at} />],
              ['Its tests', promotion.run ? <Link key="r" className="link" to="/runs/$id" params={{ id: promotion.run }}>run against the endpoint</Link> : null],
              ['Bakes until', promotion.bakes_until && !promotion.live_at ? <When key="b" at={promotion.bakes_until} /> : null],
              ['Live', promotion.live_at ? <When key="l" at={promotion.live_at} /> : null],
              ['Rollout', promotion.rollout ? <Link key="o" className="link" to="/projects/$id/production" params={{ id: candidate.project }}>on the endpoint</Link> : null],
              ['Ended', promotion.ended_at ? <When key="e" at={promotion.ended_at} /> : null],
            ]}
          />
        </Panel>
      )}
    </>
  );
}
