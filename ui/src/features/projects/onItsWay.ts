/** What of a project is on its way: a run of main, a candidate that may be promoted, one that is at a gate. */
import { type CandidateView, isOpenPromotion, type ProductionView, type PromotionView, type ReleaseView } from '@/api/release';
import type { Next } from '@/api/types';
import { listedLook } from '@/features/release/looks';
import { nextEnvironment } from '@/features/release/verbs';
import { spoken } from '@/lib/format';

/** Returns how prod stands, once something answers there or was stopped: that comes before how the project was set up. */
export function inProd(prod: Pick<ProductionView, 'live' | 'answers' | 'suspended' | 'next'> | undefined): Next | null {
  if (!prod || (prod.live == null && prod.answers == null && !prod.suspended)) return null;
  return { ...prod.next, text: prod.next.text.replace(/\.$/, ' in prod.') };
}

type Offered = { number: number; into: 'preprod' | 'prod' };

/** Returns the newest candidate, if it may be promoted: nothing has turned it away there, and nothing of it is on its way. */
export function offeredOf(candidates: Pick<CandidateView, 'number' | 'promotions'>[]): Offered | null {
  const newest = candidates[0];
  const into = newest ? nextEnvironment(newest) : null;
  if (!newest || !into) return null;
  const last = newest.promotions.find((one) => one.environment === into);
  return !last || last.state === 'offered' || last.state === 'abandoned' ? { number: newest.number, into } : null;
}

type Known = { releases: Pick<ReleaseView, 'state' | 'reason' | 'candidate'>[]; candidates: Pick<CandidateView, 'number' | 'promotions'>[]; prod: Parameters<typeof inProd>[0]; promotions?: PromotionView[] };

/** Returns what a project's strip says before what its set-up says: what is wrong in prod, what moves, what may be promoted, how prod is. */
export function situationOf({ releases, candidates, prod, promotions = [] }: Known): { next: Next; offered: Offered | null } | null {
  const answers = inProd(prod);
  const plainly = (next: Next) => ({ next, offered: null });
  if (answers && answers.tone !== 'good') return plainly(answers);
  const [release] = releases;
  if (release?.state === 'running') return plainly({ tone: 'working', text: 'Main trains as preprod.', reason: 'Its last step cuts a candidate, if every required check passes.', action: null });
  const moving = candidates[0]?.promotions.find((one) => isOpenPromotion(one) && one.state !== 'offered');
  if (moving) {
    const { tone, word } = listedLook(moving, promotions);
    return plainly({ tone, text: `Candidate ${candidates[0]?.number} is at the gate into ${moving.environment}.`, reason: `${word}.`, action: null });
  }
  const isUncut = release?.state === 'not_cut' || release?.state === 'failed';
  if (isUncut && !answers) return plainly({ tone: 'bad', text: 'Main was trained, and no candidate was cut.', reason: release.reason ? spoken(release.reason) : '', action: null });
  const offered = offeredOf(candidates);
  if (offered) return { next: { tone: 'waiting', text: `Candidate ${offered.number} may be promoted into ${offered.into}.`, reason: offered.into === 'preprod' ? 'It passed the required checks of main.' : 'It was verified in preprod.', action: null }, offered };
  return answers && plainly(answers);
}
