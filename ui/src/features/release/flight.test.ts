import { expect, test } from 'vitest';
import type { CandidateView, HoldView, ProductionView, PromotionState, PromotionView } from '@/api/release';
import { boatOf, floating, gateOf, headline, placeOf, shareOf, type Standing } from './flight';

const next = { tone: 'idle' as const, text: '', reason: '', action: null };
let clock = 0;
const promotion = (candidate: number, environment: 'preprod' | 'prod', state: PromotionState, more: Partial<PromotionView> = {}): PromotionView => ({
  id: `p-${candidate}-${environment}-${state}`, project: 'credit-risk', environment, endpoint: `${environment}.credit-risk`, candidate, digest: 'd', kind: 'release', state, policy: 1, gates: [], approvals: [], needed: [], asked_by: 'person:ana',
  created_at: new Date(Date.UTC(2026, 0, 1, 0, (clock += 1))).toISOString(), changed_at: '2026-01-01T00:00:00Z', next, ...more,
});
const live = (environment: 'preprod' | 'prod', number: number | null): ProductionView => ({ environment, endpoint: `${environment}.credit-risk`, live: number, answers: number, back_to: null, resumable: [], next });
const standing = (numbers: number[], promotions: PromotionView[], production: ProductionView[] = [], holds: HoldView[] = []): Standing => ({
  candidates: numbers.map((number) => ({ number, promotions: [], checks: [], authors: [] }) as unknown as CandidateView), promotions, production, holds, releases: [],
});
const hold = (environment: 'preprod' | 'prod', lifted = false): HoldView => ({ id: 'h', project: 'credit-risk', environment, reason: 'drift', by: 'person:vera', at: '2026-01-01T00:00:00Z', state: lifted ? 'lifted' : 'placed', next, ...(lifted ? { lifted: { reason: 'over', by: 'person:vera', at: '2026-01-02T00:00:00Z' } } : {}) });

test.each<[PromotionState | null, PromotionState | null, string | null]>([
  [null, null, 'feed'],
  ['offered', null, 'feed'],
  ['checking', null, 'feed'],
  ['awaiting_approval', null, 'feed'],
  ['deploying', null, 'feed'],
  ['verifying', null, 'feed'],
  ['rejected', null, 'feed, out'],
  ['failed', null, 'feed, out'],
  ['abandoned', null, null],
  ['rolled_back', null, null],
  ['superseded', null, null],
  ['live', null, 'preprod'],
  ['live', 'offered', 'preprod'],
  ['live', 'awaiting_approval', 'preprod'],
  ['live', 'deploying', 'preprod'],
  ['live', 'verifying', 'preprod'],
  ['live', 'rejected', 'preprod, out'],
  ['live', 'failed', 'preprod, out'],
  ['live', 'abandoned', null],
  ['superseded', 'superseded', null],
  ['live', 'rolled_back', null],
])('a candidate that is %s in preprod and %s in prod lies in: %s', (preprod, prod, place) => {
  const promotions = [...(preprod ? [promotion(4, 'preprod', preprod)] : []), ...(prod ? [promotion(4, 'prod', prod)] : [])];
  const found = placeOf(standing([4], promotions), 4);
  expect(found && `${found.place}${found.isOut ? ', out' : ''}`).toBe(place);
});

test('what is live in prod lies in prod, and the newest promotion of a candidate is the one that counts', () => {
  const at = standing([3, 4], [promotion(3, 'preprod', 'superseded'), promotion(3, 'prod', 'live'), promotion(4, 'preprod', 'failed'), promotion(4, 'preprod', 'verifying')], [live('prod', 3)]);
  expect(floating(at).map(({ number, place, isOut }) => [number, place, isOut])).toEqual([[3, 'prod', false], [4, 'feed', false]]);
});

test('of what was turned away only the newest lies there, until a newer one has passed its gate', () => {
  const away = [promotion(2, 'preprod', 'rejected'), promotion(3, 'preprod', 'failed')];
  expect(floating(standing([2, 3], away)).map(({ number }) => number)).toEqual([3]);
  expect(floating(standing([2, 3, 4], [...away, promotion(4, 'preprod', 'live')])).map(({ number }) => number)).toEqual([4]);
});

test('a gate fills with the share of checks and approvals, and approvals count once', () => {
  const gates = [{ name: 'checks', state: 'passed' as const, note: '' }, { name: 'hold', state: 'passed' as const, note: '' }, { name: 'approvals', state: 'waiting' as const, note: '' }];
  const needed = [{ role: 'model_validator' as const, count: 1 }, { role: 'change_manager' as const, count: 1 }];
  const approvals = [{ by: 'person:chg', decision: 'approved' as const, at: '2026-01-01T00:00:00Z', counts: true }];
  expect(shareOf({ gates, needed, approvals })).toBe(0.75);
  expect(shareOf({ gates: [], needed: [], approvals: [] })).toBe(0);
  const at = standing([4], [promotion(4, 'prod', 'awaiting_approval', { gates, needed, approvals })]);
  expect(gateOf(at, 'prod')).toMatchObject({ tone: 'waiting', word: '1 of 2 approvals', share: 0.75, isHeld: false });
  expect(gateOf(at, 'preprod')).toMatchObject({ tone: 'idle', word: 'No candidate', share: 0 });
});

test('a hold is said before anything else, a lifted one not at all', () => {
  const waiting = promotion(4, 'prod', 'awaiting_approval', { next: { ...next, action: 'approve_promotion' } });
  const held = standing([4], [promotion(4, 'preprod', 'live'), waiting], [], [hold('prod')]);
  expect(gateOf(held, 'prod')).toMatchObject({ tone: 'warn', isHeld: true });
  expect(boatOf('credit-risk', held, placeOf(held, 4)!)).toMatchObject({ fact: 'held', tone: 'warn', sentence: 'Candidate 4, at the gate into prod: held' });
  const free = { ...held, holds: [hold('prod', true)] };
  expect(boatOf('credit-risk', free, placeOf(free, 4)!)).toMatchObject({ fact: 'waits for you', tone: 'waiting' });
});

test('a stopped candidate is never shown as one that answers', () => {
  const stopped = { ...live('prod', 3), answers: null, suspended: { reason: 'wrong', by: 'person:vera', at: '2026-01-01T00:00:00Z' } };
  const at = standing([3], [promotion(3, 'prod', 'live')], [stopped]);
  expect(boatOf('credit-risk', at, placeOf(at, 3)!)).toMatchObject({ fact: 'suspended', tone: 'bad' });
});

test('what is live is not said to take the traffic while another proves itself over it', () => {
  const promotions = [promotion(3, 'prod', 'live'), promotion(4, 'preprod', 'live'), promotion(4, 'prod', 'verifying')];
  const factOf = (answers: number) => {
    const at = standing([3, 4], promotions, [{ ...live('prod', 3), answers, back_to: 3 }]);
    return boatOf('credit-risk', at, placeOf(at, 3)!).fact;
  };
  expect([factOf(4), factOf(3)]).toEqual(['live, while 4 proves itself', 'live, all traffic']);
});

test('the head says what moves and what is live; what is only offered does not move', () => {
  expect(headline(standing([], []))).toBe('Nothing here yet');
  expect(headline(standing([1], [promotion(1, 'preprod', 'offered')]))).toBe('1 candidate');
  expect(headline(standing([3, 4], [promotion(4, 'preprod', 'verifying'), promotion(3, 'prod', 'live')], [live('prod', 3)]))).toBe('1 moving, 1 live');
  const stopped = { ...live('prod', 3), answers: null, suspended: { by: 'person:ben', at: '2026-01-01T00:00:00Z', reason: 'odd' } };
  expect(headline(standing([3], [promotion(3, 'prod', 'live')], [stopped]))).toBe('1 stopped');
});
