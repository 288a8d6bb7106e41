/** Where each candidate floats: it lies in the environment it is in, before the gate that it wants to pass. */
import type { CandidateView, HoldView, ProductionView, PromotionView, ReleaseView } from '@/api/release';
import { isGiven, isOpenPromotion, mayNow } from '@/api/release';
import type { Tone } from '@/api/states';
import { type Boat, lookOf } from '@/components';
import { plural, shortId } from '@/lib/format';
import { isProving } from './effects';
import { promotionLook, yours } from './looks';
import { approvalsOf, openHolds, waitsForNobody } from './verbs';

/** What the server says of a project's releases. */
export type Standing = { candidates: CandidateView[]; promotions: PromotionView[]; production: ProductionView[]; holds: HoldView[]; releases: ReleaseView[] };
export type Place = 'feed' | 'preprod' | 'prod';
type Target = 'preprod' | 'prod';
/** A candidate where it floats. */
export type Floating = { number: number; place: Place; promotion: PromotionView | null; isOut: boolean };

const newestFirst = (a: PromotionView, b: PromotionView) => b.created_at.localeCompare(a.created_at);
const liveIn = (at: Standing, environment: Target) => at.production.find((one) => one.environment === environment)?.live ?? null;

/** Returns the newest promotion of a candidate into an environment. */
export function promotionOf(at: Pick<Standing, 'promotions'>, number: number, environment: string): PromotionView | null {
  return at.promotions.filter((one) => one.candidate === number && one.environment === environment).toSorted(newestFirst)[0] ?? null;
}

/** Returns the promotion that a gate is about: the one that moves, else the oldest that waits there. */
export function atGate(at: Pick<Standing, 'promotions'>, environment: Target): PromotionView[] {
  return at.promotions.filter((one) => one.environment === environment && isOpenPromotion(one)).toSorted((a, b) => newestFirst(b, a));
}

/** Returns where a candidate floats; null once it has left the flight. */
export function placeOf(at: Standing, number: number): Floating | null {
  const prod = promotionOf(at, number, 'prod');
  const preprod = promotionOf(at, number, 'preprod');
  if (liveIn(at, 'prod') === number && !(prod && isOpenPromotion(prod))) return { number, place: 'prod', promotion: prod, isOut: false };
  if (prod && isOpenPromotion(prod)) return { number, place: 'preprod', promotion: prod, isOut: false };
  const isOut = (promotion: PromotionView | null) => promotion?.state === 'rejected' || promotion?.state === 'failed';
  if (isOut(prod)) return { number, place: 'preprod', promotion: prod, isOut: true };
  if (prod) return null;
  if (preprod && isOpenPromotion(preprod)) return { number, place: 'feed', promotion: preprod, isOut: false };
  if (liveIn(at, 'preprod') === number || preprod?.state === 'live') return { number, place: 'preprod', promotion: preprod, isOut: false };
  if (isOut(preprod)) return { number, place: 'feed', promotion: preprod, isOut: true };
  return preprod ? null : { number, place: 'feed', promotion: null, isOut: false };
}

/** Returns all that floats, oldest first. Of what was turned away only the newest lies there, until a newer one passes its gate. */
export function floating(at: Standing): Floating[] {
  const all = at.candidates.map((candidate) => placeOf(at, candidate.number)).filter((one): one is Floating => one !== null);
  const lane = all.filter((one) => !one.isOut);
  const out = (['feed', 'preprod'] as const).flatMap((place) => {
    const newest = all.filter((one) => one.isOut && one.place === place).toSorted((a, b) => b.number - a.number)[0];
    const isPassed = newest && lane.some((one) => one.number > newest.number && (place === 'feed' ? one.place !== 'feed' : one.place === 'prod'));
    return newest && !isPassed ? [newest] : [];
  });
  return [...lane, ...out].toSorted((a, b) => a.number - b.number);
}

/** Returns the words and the tone of a boat. */
export function boatOf(project: string, at: Standing, one: Floating): Boat {
  const { number, place, promotion, isOut } = one;
  const into = promotion?.environment ?? 'preprod';
  const stopped = at.production.find((production) => production.environment === place && production.live === number && production.suspended);
  const taker = at.production.find((production) => production.environment === place && isProving(production))?.answers ?? null;
  const isHeld = !!promotion && isOpenPromotion(promotion) && (into === 'preprod' || into === 'prod') && openHolds(at.holds, into).length > 0;
  const isMine = !!promotion && mayNow(promotion.next, 'approve');
  const look = stopped ? lookOf('endpoint', 'stopped') : isHeld && !isOut ? lookOf('hold', 'placed') : isMine ? yours : promotion ? promotionLook(promotion) : { tone: 'idle' as Tone, icon: 'package', word: 'Cut' };
  const approvals = promotion?.state === 'awaiting_approval' && !waitsForNobody(promotion) ? approvalsOf(promotion) : null;
  const isVerified = promotion?.state === 'live' && place === 'preprod';
  const fact = stopped || isHeld || isMine ? look.word.toLowerCase() : isVerified ? 'verified here' : place === 'prod' ? (taker == null ? 'live, all traffic' : `live, while ${taker} proves itself`) : (approvals ?? (promotion ? look.word.toLowerCase() : 'waits to be promoted'));
  const where = isOut ? `at the gate into ${into}` : place === 'prod' ? 'in prod' : isVerified ? 'in preprod' : promotion ? `at the gate into ${into}` : 'not promoted yet';
  const asks = promotion && isOpenPromotion(promotion) && (into === 'preprod' || into === 'prod');
  return {
    key: `c${number}`,
    name: String(number),
    fact,
    tone: look.tone,
    icon: look.icon,
    sentence: `Candidate ${number}, ${where}: ${fact}`,
    isOut,
    to: asks || isOut ? { to: '/projects/$id/candidates/$number/into/$environment', params: { id: project, number: String(number), environment: into } } : { to: '/projects/$id/candidates/$number', params: { id: project, number: String(number) } },
  };
}

/** Returns the run in the feed: the newest, as long as it runs or nothing newer floats. */
export function millOf(at: Standing): Boat | null {
  const newest = at.releases[0];
  if (!newest?.run) return null;
  const look = lookOf('release', newest.state);
  const fact = newest.state === 'running' ? 'trains as preprod' : newest.state === 'cut' && newest.candidate != null ? `cut ${newest.candidate}` : newest.state === 'not_cut' ? 'no candidate' : 'failed';
  return { key: newest.run, name: `Run ${shortId(newest.run).replace(/^run-/, '')}`, fact, tone: newest.state === 'cut' ? 'idle' : look.tone, icon: newest.state === 'cut' ? 'circle-check' : look.icon, sentence: `Run ${shortId(newest.run)} of main${newest.subject && `, ${newest.subject}`}: ${fact}`, to: { to: '/runs/$id', params: { id: newest.run } } };
}

/** How full a gate is, the tone of what it waits for, and whether a hand lies on it. */
export type GateFacts = { share: number; tone: Tone; icon: string; word: string; isHeld: boolean };

/** Returns the share of its checks and approvals that a promotion has passed. */
export function shareOf(promotion: Pick<PromotionView, 'gates' | 'approvals' | 'needed'>): number {
  const gates = promotion.gates.filter((gate) => gate.name !== 'approvals');
  const needed = promotion.needed.reduce((sum, one) => sum + one.count, 0);
  const given = Math.min(needed, promotion.approvals.filter(isGiven).length);
  const all = gates.length + needed;
  return all === 0 ? 0 : (gates.filter((gate) => gate.state === 'passed').length + given) / all;
}

/** Returns how a gate stands. A hold is said before anything else: nothing passes while it lies there. */
export function gateOf(at: Standing, environment: Target): GateFacts {
  const waiting = atGate(at, environment);
  const [first] = waiting;
  const held = openHolds(at.holds, environment)[0];
  if (held) return { share: 1, ...lookOf('hold', 'placed'), isHeld: true };
  if (!first) {
    const out = floating(at).find((one) => one.isOut && one.promotion?.environment === environment);
    if (out?.promotion) {
      const look = lookOf('promotion', out.promotion.state);
      return { share: 0, tone: look.tone, icon: look.icon, word: `${out.number} ${look.word.toLowerCase()}`, isHeld: false };
    }
    return { share: 0, tone: 'idle', icon: 'circle-dashed', word: 'No candidate', isHeld: false };
  }
  const look = promotionLook(first);
  const several = waiting.filter((one) => one.state === 'awaiting_approval' && !waitsForNobody(one)).length;
  if (first.state === 'awaiting_approval' && !waitsForNobody(first)) return { share: shareOf(first), tone: 'waiting', icon: 'user-question', word: several > 1 ? `${several} await approval` : (approvalsOf(first) ?? look.word), isHeld: false };
  const passed = first.gates.filter((gate) => gate.state === 'passed').length;
  return { share: shareOf(first), tone: look.tone, icon: look.icon, word: first.state === 'checking' ? `${passed} of ${first.gates.length} passed` : look.word, isHeld: false };
}

/** Returns what moves and what is live, in a few words, "1 moving, 1 live". */
export function headline(at: Standing): string {
  const moving = at.promotions.filter((one) => isOpenPromotion(one) && one.state !== 'offered').length + at.releases.filter((one) => one.state === 'running').length;
  const isStopped = at.production.some((one) => one.environment === 'prod' && one.suspended);
  const live = liveIn(at, 'prod') != null && !isStopped ? 1 : 0;
  const out = floating(at).filter((one) => one.isOut).length;
  const parts = [moving ? `${moving} moving` : '', live ? '1 live' : '', isStopped ? '1 stopped' : '', out ? `${out} turned away` : ''].filter(Boolean);
  if (parts.length > 0) return parts.join(', ');
  return at.candidates.length ? plural(at.candidates.length, 'candidate') : 'Nothing here yet';
}
