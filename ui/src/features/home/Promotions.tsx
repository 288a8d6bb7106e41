import type { PromotionView } from '@/api/release';
import { BtnLink, Line, When } from '@/components';
import { approvalsOf } from '../release/verbs';
import { plural, spoken } from '@/lib/format';

/** Returns what a promotion asks of whoever opens their home, in one line. */
export function askOf(promotion: PromotionView): string {
  const verb = promotion.kind === 'resume' ? 'Let' : 'Approve';
  return `${verb} candidate ${promotion.candidate} of ${promotion.project} ${promotion.kind === 'resume' ? `answer again in ${promotion.environment}` : `into ${promotion.environment}`}`;
}

/** The promotions that wait for the viewer, the oldest first. */
export function Promotions({ promotions }: { promotions: PromotionView[] }) {
  return promotions
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at))
    .map((promotion) => {
      const passed = promotion.gates.filter((gate) => gate.state === 'passed').length;
      const facts = [approvalsOf(promotion), promotion.gates.length > 0 ? `${passed} of ${plural(promotion.gates.length, 'condition')} met` : null].filter(Boolean).join(', ');
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
