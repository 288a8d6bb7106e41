import type { PromotionView } from '@/api/release';
import { BtnLink, Line, When } from '@/components';
import { approvalsOf } from '../release/verbs';
import { plural, spoken } from '@/lib/format';

/** Returns what a promotion asks of whoever opens their home, in one line. */
export function askOf(promotion: PromotionView): string {
  const verb = promotion.kind === 'resume' ? 'Let' : 'Approve';
  return `${verb} candidate ${promotion.candidate} of ${promotion.project} ${promotion.kind === 'resume' ? `answer again in ${promotion.environment}` : `into ${promotion.environment}`}`;
}

/** Returns how many of its conditions a promotion meets. Approvals are said apart, and what follows only once it serves is none yet. */
export function metOf({ gates }: Pick<PromotionView, 'gates'>): string | null {
  const asked = gates.filter((gate) => gate.name !== 'approvals' && gate.name !== 'verification');
  if (asked.length === 0) return null;
  const passed = asked.filter((gate) => gate.state === 'passed').length;
  return passed === asked.length ? `All ${plural(asked.length, 'condition')} met` : `${passed} of ${plural(asked.length, 'condition')} met`;
}

/** The promotions that wait for the viewer, the oldest first. */
export function Promotions({ promotions }: { promotions: PromotionView[] }) {
  return promotions
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at))
    .map((promotion) => {
      const facts = [metOf(promotion), approvalsOf(promotion)].filter(Boolean).join(', ');
      return (
        <Line
          key={promotion.id}
          icon="user-question"
          tone="waiting"
          title={<span className="m">{askOf(promotion)}</span>}
          under={`${facts ? `${facts}. ` : ''}${spoken(promotion.next.reason ?? '')}`}
          when={<When at={promotion.created_at} form="age" />}
          act={
            <BtnLink size="sm" to="/projects/$id/candidates/$number/into/$environment" params={{ id: promotion.project, number: String(promotion.candidate), environment: promotion.environment }}>
              Review
            </BtnLink>
          }
        />
      );
    });
}
