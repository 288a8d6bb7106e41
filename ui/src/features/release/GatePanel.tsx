import { Link } from '@tanstack/react-router';
import { type CandidateView, isGiven, mayNow, type PromotionView } from '@/api/release';
import { Badge, BtnLink, Icon, lookOf, readPrincipal, When, Who } from '@/components';
import { codeText } from '@/components/codeText';
import { sentence, spoken, words } from '@/lib/format';
import { EmptyGate, HoldLines } from './EmptyGate';
import { atGate, type Standing } from './flight';
import { promotionLook, yours } from './looks';
import { interval, limitOf, metricLook, metricWords, passedOf, score } from './metrics';
import { Promote } from './Promote';
import { approvalsOf, gateWords, openHolds, waitsForNobody } from './verbs';

/** The numbers that decide, each with its limit; of many only those that need an eye and a count of the rest. */
function Numbers({ candidate }: { candidate: CandidateView }) {
  const judged = candidate.checks.flatMap((check) => check.metrics.filter((metric) => metric.verdict !== 'passed' || metric.red != null));
  const shown = judged.length > 6 ? judged.filter((metric) => metricLook(metric).tone !== 'good') : judged;
  const rest = judged.length - shown.length;
  return (
    <>
      <div className="gsec">
        <span>Computed by the platform</span>
        <span className="sp" />
        <span>limit</span>
      </div>
      {shown.map((metric) => {
        const look = metricLook(metric);
        return (
          <div className="chk" key={`${metric.name}:${metric.group ?? ''}`}>
            <span className={`ic ${look.tone}`}>
              <Icon name={look.icon} label={look.word} />
            </span>
            <span className="two-lines" title={metric.reason ?? undefined}>
              {metricWords(metric.name).name} {metric.group && <span className="faint">{metric.group} </span>}
              {metric.value == null ? 'could not compute' : score(metric.value)} {metric.low != null && <span className="faint">({interval(metric)})</span>}
            </span>
            <span className="v">{limitOf(metric) ?? ''}</span>
          </div>
        );
      })}
      {rest > 0 && (
        <div className="chk">
          <span className="ic good">
            <Icon name="list-check" />
          </span>
          <span className="cut">{rest} more within their limits</span>
          <span className="v">{passedOf(candidate.checks)}</span>
        </div>
      )}
    </>
  );
}

/** The conditions, less what stands below in its own words: the approvals, and the holds that lie there. */
function Gates({ promotion, isHeld }: { promotion: PromotionView; isHeld: boolean }) {
  return promotion.gates
    .filter((gate) => gate.name !== 'approvals' && !(isHeld && gate.name === 'holds'))
    .map((gate) => {
      const look = lookOf('gate', gate.state);
      return (
        <div className={gate.state === 'waiting' ? 'chk todo' : 'chk'} key={gate.name}>
          <span className={`ic ${look.tone}`}>
            <Icon name={look.icon} label={look.word} />
          </span>
          <span className="two-lines">{codeText(gateWords(gate))}</span>
        </div>
      );
    });
}

/** Who approved, who is asked, and who may not. */
export function ApprovalLines({ promotion, authors }: { promotion: PromotionView; authors: CandidateView['authors'] }) {
  const words_ = approvalsOf(promotion);
  const given = promotion.approvals.filter(isGiven).length;
  if (!words_) return null;
  return (
    <>
      <div className="gsec">
        <span>Approvals, {words_.replace(/ approvals?$/, '')}</span>
        <span className="sp" />
        {authors.length > 0 && (
          <span className="row g4">
            its authors may not
            {authors.slice(0, 3).map((author) => (
              <Who key={author.name} who={author.person ?? author.name} title={`${author.name}: ${author.why}`} bare />
            ))}
          </span>
        )}
      </div>
      {promotion.approvals.map((approval) => (
        <div className="chk" key={`${approval.by}${approval.at}`}>
          <span className={`ic ${approval.decision === 'approved' ? 'good' : 'bad'}`}>
            <Icon name={approval.decision === 'approved' ? 'user-check' : 'barrier-block'} label={approval.decision === 'approved' ? 'Approved' : 'Refused'} />
          </span>
          <span className="cut">
            {readPrincipal(approval.by).name}
            {!approval.counts && <span className="faint"> void: the policy changed</span>}
          </span>
          <span className="v">
            <When at={approval.at} />
          </span>
        </div>
      ))}
      {promotion.state === 'awaiting_approval' &&
        !waitsForNobody(promotion) &&
        promotion.needed.map((one) => (
          <div className="chk" key={one.role}>
            <span className="ic waiting">
              <Icon name="user-question" label="Waits" />
            </span>
            <span className="cut b">{sentence(words(one.role))}{mayNow(promotion.next, 'approve') ? ': you' : ''}</span>
            <span className="v">{one.count > 1 ? `${given} of ${one.count}` : ''}</span>
          </div>
        ))}
    </>
  );
}

/** What stands before an environment: the candidate at its gate, its numbers, who approves, the hold; then one act or one sentence. */
export function GatePanel({ project, at, environment }: { project: string; at: Standing; environment: 'preprod' | 'prod' }) {
  const [promotion, ...others] = atGate(at, environment);
  const holds = openHolds(at.holds, environment);
  const candidate = at.candidates.find((one) => one.number === promotion?.candidate);
  const isMine = !!promotion && mayNow(promotion.next, 'approve');
  if (!promotion) return <EmptyGate project={project} at={at} environment={environment} holds={holds} />;
  const look = holds.length > 0 ? lookOf('hold', 'placed') : isMine ? yours : promotionLook(promotion);
  return (
    <section className={`panel gp gatep ${look.tone}${isMine ? ' first' : ''}`} aria-label={`Gate into ${environment}`}>
      <div className="ph">
        <h2>
          <Link className="link" to="/projects/$id/candidates/$number" params={{ id: project, number: String(promotion.candidate) }}>
            Candidate {promotion.candidate}
          </Link>{' '}
          into {environment}
        </h2>
        <span className="sp" />
        <Badge form="plain" look={look} />
      </div>
      {candidate && <Numbers candidate={candidate} />}
      <Gates promotion={promotion} isHeld={holds.length > 0} />
      <ApprovalLines promotion={promotion} authors={candidate?.authors ?? []} />
      <HoldLines holds={holds} />
      {isMine ? (
        <div className="go">
          <BtnLink look="tint" to="/projects/$id/candidates/$number/into/$environment" params={{ id: project, number: String(promotion.candidate), environment }}>
            Review and decide
          </BtnLink>
        </div>
      ) : mayNow(promotion.next, 'promote') ? (
        <div className="go">
          <Promote project={project} candidate={promotion.candidate} environment={environment} look="tint" />
        </div>
      ) : (
        <div className="pf">
          <Icon name="info-circle" size="s" />
          <span>
            {codeText(spoken(`${promotion.next.text} ${sentence(promotion.next.reason)}`))} {others.length > 0 && `${others.length} more wait behind it.`}
          </span>
        </div>
      )}
    </section>
  );
}
