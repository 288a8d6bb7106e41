import { Link } from '@tanstack/react-router';
import type { HoldView, PromotionView } from '@/api/release';
import { Badge, Env, Icon, lookOf, readPrincipal, Snippet, When } from '@/components';
import { codeText } from '@/components/codeText';
import { spoken } from '@/lib/format';
import { promotionOf, type Standing } from './flight';

/** The holds that lie on a gate. */
export function HoldLines({ holds }: { holds: HoldView[] }) {
  return holds.map((hold) => (
    <div className="chk sep" key={hold.id}>
      <span className="ic warn">
        <Icon name="hand-stop" label="Held" />
      </span>
      <span className="two-lines">
        Held by {readPrincipal(hold.by).name}: {codeText(spoken(hold.reason))}
      </span>
      <span className="v">
        <When at={hold.at} />
      </span>
    </div>
  ));
}

/** Returns who turned a promotion away and with which words; of what failed, why. */
function lastWord(promotion: PromotionView): string {
  const no = promotion.approvals.findLast((approval) => approval.decision === 'rejected');
  if (no) return `by ${readPrincipal(no.by).name}${no.comment ? `: “${no.comment}”` : ''}`;
  return promotion.reason ? `: ${spoken(promotion.reason)}` : '';
}

/** A gate before which nothing waits: says what would bring something there. */
export function EmptyGate({ project, at, environment, holds }: { project: string; at: Standing; environment: 'preprod' | 'prod'; holds: HoldView[] }) {
  const isFirst = at.candidates.length === 0;
  const verified = at.production.find((one) => one.environment === 'preprod')?.live;
  const newest = at.candidates[0]?.number ?? 1;
  const number = environment === 'prod' ? (verified ?? newest) : newest;
  const last = isFirst ? null : promotionOf(at, number, environment);
  const isOut = last?.state === 'rejected' || last?.state === 'failed';
  const mayGo = !isFirst && !isOut && (environment === 'preprod' ? last?.state !== 'live' && last?.state !== 'superseded' : verified != null && verified !== at.production.find((one) => one.environment === 'prod')?.live);
  return (
    <section className={`panel gp gatep ${holds.length > 0 ? 'warn' : 'idle'}`} aria-label={`Gate into ${environment}`}>
      <div className="ph">
        <h2>
          <Env name={environment} of="Gate into" />
        </h2>
        <span className="sp" />
        <Badge form="plain" look={holds.length > 0 ? lookOf('hold', 'placed') : { tone: 'idle', icon: 'circle-dashed', word: 'No candidate' }} />
      </div>
      <div className="pb stack g8">
        {isOut && last && (
          <>
            <p>
              <Link className="link" to="/projects/$id/candidates/$number/into/$environment" params={{ id: project, number: String(number), environment }}>
                Candidate {number} {last.state === 'rejected' ? 'was rejected' : 'failed'}
              </Link>{' '}
              {lastWord(last)}
            </p>
            <p className="dim">A fix becomes a new candidate.</p>
          </>
        )}
        {!isOut && <p className="dim">
          {isFirst
            ? environment === 'preprod'
              ? 'The first candidate comes here by itself: a merge trains as preprod, and what passes its checks is cut.'
              : 'What was verified in preprod may come here, with the approvals that the gate asks for.'
            : mayGo
              ? `Nothing waits. Candidate ${number} may come.`
              : 'Nothing waits here.'}
        </p>}
        {(mayGo || isFirst) && (
          <Snippet inline code={isFirst && environment === 'preprod' ? `lockgate project merge ${project} my-change` : `lockgate release promote ${project} ${number} --into ${environment}`} />
        )}
      </div>
      <HoldLines holds={holds} />
    </section>
  );
}
