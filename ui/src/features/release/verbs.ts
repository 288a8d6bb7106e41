/** Which acts a page offers: what the server says this viewer may do now, and beside it what they may do at all where it fits. */
import type { CandidateView, HoldView, ProductionView, PromotionView } from '@/api/release';
import { isGiven, isOpenPromotion, mayNow } from '@/api/release';
import { sentence, spoken, words } from '@/lib/format';

/** Returns where a candidate may go next: the environment after the last one that it was verified in. What is only offered has not gone yet. */
export function nextEnvironment(candidate: Pick<CandidateView, 'promotions'>): 'preprod' | 'prod' | null {
  const of = (environment: string) => candidate.promotions.filter((promotion) => promotion.environment === environment);
  const isOnItsWay = (promotion: Pick<PromotionView, 'state'>) => isOpenPromotion(promotion) && promotion.state !== 'offered';
  if (of('prod').some((promotion) => isOnItsWay(promotion) || promotion.state === 'live')) return null;
  const before = of('preprod');
  if (before.some((promotion) => promotion.state === 'live' || promotion.state === 'superseded')) return 'prod';
  return before.some(isOnItsWay) ? null : 'preprod';
}

/** Returns why this viewer may not approve although they might elsewhere: they made part of it. */
export function authorOf(candidate: Pick<CandidateView, 'authors'>, person: string): string | null {
  const mine = candidate.authors.filter((author) => author.person?.replace(/^person:/, '') === person.replace(/^person:/, ''));
  return mine.length > 0 ? mine.map((author) => author.why).join(', ') : null;
}

export type PromotionVerb = 'approve' | 'reject' | 'abandon';
/** Returns what may be done to a promotion. Who may approve may refuse; until it is live it may be given up, a way back and what callers of prod get already only by who may roll back. */
export function promotionVerbs(promotion: PromotionView, person: string, may: { abandon: boolean; rollBack: boolean }): PromotionVerb[] {
  if (!isOpenPromotion(promotion) || promotion.state === 'offered') return [];
  const verbs: PromotionVerb[] = [];
  if (mayNow(promotion.next, 'approve')) verbs.push('approve', 'reject');
  const asked = promotion.asked_by.replace(/^person:/, '') === person.replace(/^person:/, '');
  const isOut = promotion.environment === 'prod' && (promotion.state === 'deploying' || promotion.state === 'verifying');
  const isGivenUpBy = promotion.kind === 'release' && !isOut ? asked || may.abandon : may.abandon && may.rollBack;
  if (mayNow(promotion.next, 'abandon') || isGivenUpBy) verbs.push('abandon');
  return verbs;
}

/** What may be done to an endpoint, and to which candidate: which one comes back, stops, or is to answer again. */
export type ProductionAct = { verb: 'roll_back' | 'suspend' | 'resume'; candidate: number };
type Rights = { suspend: boolean; resume: boolean; rollBack: boolean };
/** Returns what may be done to an endpoint, the fast way first: bring another back, stop what answers, ask that what was stopped answers again. */
export function productionActs(production: ProductionView, may: Rights): ProductionAct[] {
  const { next, answers, back_to: backTo, resumable, live, suspended, environment } = production;
  const acts: ProductionAct[] = [];
  if (backTo != null && (may.rollBack || mayNow(next, 'rollBack'))) acts.push({ verb: 'roll_back', candidate: backTo });
  if (answers != null && (may.suspend || mayNow(next, 'suspend'))) acts.push({ verb: 'suspend', candidate: answers });
  if (!may.resume && !mayNow(next, 'resume')) return acts;
  // What is live may stand behind a stop that was meant for another, which baked: it is asked for like one that was suspended.
  const isBehindAStop = environment === 'prod' && suspended && live != null && !resumable.includes(live);
  const again = isBehindAStop ? [...resumable, live] : resumable;
  return [...acts, ...again.map((candidate) => ({ verb: 'resume' as const, candidate }))];
}

/** Returns the promotion that changes an endpoint now: it is rolled out, or answers already and is verified. */
export function movingIn(promotions: PromotionView[], environment: string): PromotionView | null {
  return promotions.find((one) => one.environment === environment && (one.state === 'deploying' || one.state === 'verifying')) ?? null;
}

/** Returns the promotions that are to let an environment answer again, as long as they are on their way. */
export function resumingIn(promotions: PromotionView[], environment: string): PromotionView[] {
  return promotions.filter((one) => one.kind === 'resume' && one.environment === environment && isOpenPromotion(one));
}

/** Returns the holds that stand before an environment. */
export function openHolds(holds: HoldView[], environment?: string): HoldView[] {
  return holds.filter((hold) => !hold.lifted && (!environment || hold.environment === environment));
}

/** Returns a condition of a gate in words. One that only says when it follows is said by its name. */
export function gateWords(gate: Pick<PromotionView['gates'][number], 'name' | 'note'>): string {
  if (!gate.note) return sentence(words(gate.name));
  return gate.note.startsWith('it follows') ? `${sentence(words(gate.name))} ${gate.note.slice(3)}` : spoken(sentence(gate.note));
}

/** Returns how many approvals there are and how many are asked for, "1 of 2 approvals"; null where none are. */
export function approvalsOf(promotion: Pick<PromotionView, 'approvals' | 'needed'>): string | null {
  const needed = promotion.needed.reduce((sum, one) => sum + one.count, 0);
  if (needed === 0) return null;
  const given = promotion.approvals.filter(isGiven).length;
  return `${Math.min(given, needed)} of ${needed} ${needed === 1 ? 'approval' : 'approvals'}`;
}

/** Whether a promotion that stands at its approvals has all of them: it is rolled out within seconds, unless a hold lies there. */
export function waitsForNobody(promotion: Pick<PromotionView, 'state' | 'approvals' | 'needed'> & Partial<Pick<PromotionView, 'gates'>>): boolean {
  // The server counts more closely: who approved may have turned out to be an author.
  const gate = promotion.gates?.find(({ name }) => name === 'approvals');
  if (gate) return promotion.state === 'awaiting_approval' && gate.state === 'passed';
  const needed = promotion.needed.reduce((sum, one) => sum + one.count, 0);
  return promotion.state === 'awaiting_approval' && promotion.approvals.filter(isGiven).length >= needed;
}

/** Returns whom a promotion waits for, "model validator". */
export function waitsFor(promotion: Pick<PromotionView, 'needed'>): string {
  const roles = promotion.needed.filter((one) => one.count > 0).map((one) => (one.count > 1 ? `${one.count} × ${words(one.role)}` : words(one.role)));
  return roles.join(', ') || 'nobody';
}
