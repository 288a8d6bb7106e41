/** Looks that no state has by itself. */
import type { CandidateView, PromotionView } from '@/api/release';
import type { StateLook } from '@/api/states';
import { lookOf } from '@/components';
import { waitsForNobody } from './verbs';

/** The look of what waits for this very viewer. */
export const yours: StateLook = { tone: 'waiting', icon: 'user-question', word: 'Waits for you' };
/** The look of what has all that it needs and is rolled out within seconds. */
export const soon: StateLook = { tone: 'working', icon: 'hourglass', word: 'Waits to be deployed' };
/** The look of a metric that is between its amber and its red limit. */
export const amber: StateLook = { tone: 'warn', icon: 'alert-triangle', word: 'Amber' };

/** Returns the look of a promotion. One that has its approvals no longer waits for them: it waits for a hold to be lifted, or for nobody. */
export function promotionLook(promotion: Pick<PromotionView, 'state' | 'approvals' | 'needed' | 'gates'>): StateLook {
  if (!waitsForNobody(promotion)) return lookOf('promotion', promotion.state);
  return promotion.gates.some((gate) => gate.name === 'holds' && gate.state !== 'passed') ? lookOf('hold', 'placed') : soon;
}

/** Returns the look of a promotion as a candidate lists it: by its state alone, unless the whole of it is among those that are known. */
export function listedLook(listed: CandidateView['promotions'][number], known: PromotionView[]): StateLook {
  const whole = known.find((one) => one.id === listed.id && one.state === listed.state);
  return whole ? promotionLook(whole) : lookOf('promotion', listed.state);
}
