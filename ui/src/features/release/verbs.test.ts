import { expect, test } from 'vitest';
import type { GatePolicyView, ProductionView, PromotionView } from '@/api/release';
import { askOf } from '@/features/home/Promotions';
import { nowOf, stoppedIn } from './CandidateTable';
import { changesShown } from './changes';
import { approvalEffect } from './DecidePromotion';
import { bodyOf, changesOf, draftOf, faultsOf } from './gateDraft';
import { liveBefore } from './Production';
import { effectOf } from './ProductionActs';
import { addressOf } from './SayWho';
import { approvalsOf, authorOf, gateWords, nextEnvironment, productionVerbs, promotionVerbs, waitsFor, waitsForNobody } from './verbs';

const next = (action: string | null) => ({ tone: 'waiting' as const, text: '', reason: '', action });
const promotion = (state: PromotionView['state'], action: string | null, more: Partial<PromotionView> = {}) => ({ id: 'p', project: 'credit-risk', candidate: 4, environment: 'prod', kind: 'release', state, next: next(action), asked_by: 'person:ana', approvals: [], needed: [], gates: [], ...more }) as unknown as PromotionView;

test('only whom the server lets approve may approve or refuse; who asked may give it up until it is deployed', () => {
  expect(promotionVerbs(promotion('awaiting_approval', 'approve_promotion'), 'vera', false)).toEqual(['approve', 'reject']);
  expect(promotionVerbs(promotion('awaiting_approval', null), 'ana', false)).toEqual(['abandon']);
  expect(promotionVerbs(promotion('awaiting_approval', null), 'person:ana', false)).toEqual(['abandon']);
  expect(promotionVerbs(promotion('awaiting_approval', null), 'cho', false)).toEqual([]);
  expect(promotionVerbs(promotion('deploying', null), 'ana', true)).toEqual([]);
  expect(promotionVerbs(promotion('offered', 'create_promotion'), 'ana', true)).toEqual([]);
  expect(promotionVerbs(promotion('live', 'approve_promotion'), 'vera', true)).toEqual([]);
});

const production = (more: Partial<ProductionView>): ProductionView => ({ environment: 'prod', endpoint: 'prod.credit-risk', live: 3, next: next(null), ...more });
const all = { suspend: true, resume: true, rollBack: true };
const none = { suspend: false, resume: false, rollBack: false };

test('what is live can be stopped or rolled back, what is stopped resumed, and nothing else', () => {
  expect(productionVerbs(production({}), all)).toEqual(['suspend', 'roll_back']);
  expect(productionVerbs(production({}), none)).toEqual([]);
  expect(productionVerbs(production({ next: next('suspend_production') }), none)).toEqual(['suspend']);
  expect(productionVerbs(production({ live: null }), all)).toEqual([]);
  expect(productionVerbs(production({ suspended: { reason: 'x', by: 'person:vera', at: '' } }), all)).toEqual(['resume']);
});

test('each act says what happens at once and how it is undone', () => {
  expect(effectOf('suspend', production({}), 2)).toContain('Candidate 3 stops answering on every endpoint within a second');
  expect(effectOf('roll_back', production({}), 2)).toContain('Candidate 2 takes all traffic of prod');
  expect(effectOf('roll_back', production({}), null)).toContain('What was live before');
  expect(effectOf('resume', production({}), null)).toContain('needs the approvals of that gate');
});

test('a roll back leads to what was live last', () => {
  const old = (candidate: number, ended_at: string) => promotion('superseded', null, { candidate, ended_at, changed_at: ended_at });
  expect(liveBefore([old(1, '2026-01-01T00:00:00Z'), old(2, '2026-02-01T00:00:00Z'), promotion('live', null, { candidate: 3 })], production({}))).toBe(2);
  expect(liveBefore([], production({}))).toBeNull();
});

test('a candidate goes on after it was verified, and what is only offered has not gone yet', () => {
  const way = (...promotions: [string, string][]) => nextEnvironment({ promotions: promotions.map(([environment, state]) => ({ id: 'p', kind: 'release', environment, state })) as never });
  expect(way()).toBe('preprod');
  expect(way(['preprod', 'offered'])).toBe('preprod');
  expect(way(['preprod', 'verifying'])).toBeNull();
  expect(way(['preprod', 'failed'])).toBe('preprod');
  expect(way(['preprod', 'live'])).toBe('prod');
  expect(way(['preprod', 'live'], ['prod', 'awaiting_approval'])).toBeNull();
  expect(way(['preprod', 'superseded'], ['prod', 'live'])).toBeNull();
});

test('an author is told why they may not approve', () => {
  const authors = [{ person: 'person:ana', name: 'Ana', why: '3 commits' }, { person: null, name: 'laptop', why: '1 commit' }];
  expect(authorOf({ authors }, 'ana')).toBe('3 commits');
  expect(authorOf({ authors }, 'vera')).toBeNull();
});

test('only an author with an address can be told apart by it', () => {
  expect(addressOf('N <who@x>')).toBe('who@x');
  expect(addressOf('a merge without a pusher')).toBeNull();
});

test('an approval says whether it is the last one, and what it starts', () => {
  const two = promotion('awaiting_approval', 'approve_promotion', { needed: [{ role: 'model_validator', count: 2 }] });
  expect(approvalEffect(two, 3, 600)).toEqual({ isLast: false, text: 'Yours is one of 2 approvals still needed; nothing starts before the last one.' });
  const one = promotion('awaiting_approval', 'approve_promotion', { needed: [{ role: 'model_validator', count: 1 }] });
  expect(approvalEffect(one, 3, 600).text).toBe('Yours is the last approval it needs: candidate 4 takes all traffic of prod at once. It is watched for 10 m, and rolls back to candidate 3 by itself if a limit breaks.');
  expect(approvalEffect(one, null, 600).text).toContain('nothing to fall back to');
  expect(approvalsOf(two)).toBe('0 of 2 approvals');
  expect(approvalsOf(promotion('live', null))).toBeNull();
  expect(waitsFor(two)).toBe('2 × model validator');
  expect(askOf(one)).toBe('Approve candidate 4 of credit-risk into prod');
});

test('changes are told in words: no digest, and no metric twice', () => {
  expect(
    changesShown([
      { what: 'commit', before: '1a2b3c4d First model', after: '5e6f7a8b October data' },
      { what: 'packages', before: '1a2b3c4d', after: '5e6f7a8b' },
      { what: 'dataset retail.core.customers', before: null, after: 'version 4' },
      { what: 'auc', before: '0.75', after: '0.77' },
    ]),
  ).toEqual([
    { what: 'Commit', before: 'First model', after: 'October data' },
    { what: 'Packages', before: 'as it is live', after: 'changed' },
    { what: 'Dataset retail.core.customers', before: '–', after: 'version 4' },
  ]);
});

test('an approval under a replaced policy does not count, and a candidate says where it is now', () => {
  const needed = [{ role: 'model_validator' as const, count: 1 }];
  expect(approvalsOf({ needed, approvals: [{ by: 'vera', decision: 'approved', at: '', counts: false }] })).toBe('0 of 1 approval');
  const way = (...promotions: [string, string][]) => nowOf({ promotions: promotions.map(([environment, state]) => ({ id: 'p', kind: 'release', environment, state })) as never }).word;
  expect(waitsForNobody({ state: 'awaiting_approval', needed, approvals: [] })).toBe(false);
  expect(waitsForNobody({ state: 'awaiting_approval', needed: [], approvals: [] })).toBe(true);
  expect([gateWords({ name: 'verification', note: 'it follows once the candidate serves' }), gateWords({ name: 'holds', note: 'no hold is placed' })]).toEqual(['Verification follows once the candidate serves', 'No hold is placed']);
  expect(way()).toBe('Not promoted yet');
  expect(way(['preprod', 'live'])).toBe('Verified in preprod');
  expect(way(['prod', 'verifying'], ['preprod', 'live'])).toBe('Verifying, prod');
  expect(way(['preprod', 'live'], ['prod', 'live'])).toBe('Live in prod');
  const live = { promotions: [{ id: 'p', kind: 'release', environment: 'prod', state: 'live' }] as never };
  const stopped = { environment: 'prod', live: 1, suspended: { by: 'person:ben', at: '', reason: 'a complaint' } };
  expect([stoppedIn([stopped]), stoppedIn([{ environment: 'prod', live: 1 }]), nowOf(live, true).word]).toEqual([1, null, 'Suspended']);
});

const policy: GatePolicyView = { environment: 'preprod', version: 3, state: 'in_force', required: ['parity', 'quality'], may_be_not_computable: ['bias'], approvals: [{ role: 'model_validator', count: 1 }], baking_s: 600, tolerances: [{ metric: 'auc', better: 'higher', amber: 0.75, red: 0.7, rationale: 'as good as today' }], by: 'person:vera', at: '', next: next(null) };

test('a draft that says nothing new changes nothing, and a loosened one is called so', () => {
  expect(changesOf(policy, bodyOf(draftOf({ ...policy, may_be_not_computable: [] })))).toEqual([]);
  const draft = { ...draftOf(policy), required: ['parity'], approvals: [], tolerances: [{ ...draftOf(policy).tolerances[0]!, red: '0.65' }] };
  expect(changesOf(policy, bodyOf(draft))).toEqual(['Looser: Quality on held-out data is no longer required', 'Looser: AUC fails at 0.650 instead of 0.700', 'Looser: 0 approvals instead of 1']);
  expect(changesOf(policy, { ...bodyOf(draftOf(policy)), tolerances: [] })).toContain('Looser: AUC is no longer judged');
});

test('a draft with limits that do not fit cannot be put in force', () => {
  const [auc] = draftOf(policy).tolerances;
  const faults = (part: object) => Object.keys(faultsOf({ ...draftOf(policy), tolerances: [{ ...auc!, ...part }] }));
  expect(faults({})).toEqual([]);
  expect(faults({ amber: '0.6' })).toEqual(['amber0']);
  expect(faults({ red: 'x' })).toEqual(['red0']);
  expect(faults({ rationale: ' ' })).toEqual(['why0']);
  expect(Object.keys(faultsOf({ ...draftOf(policy), bakingS: '1.5' }))).toEqual(['bakingS']);
});
