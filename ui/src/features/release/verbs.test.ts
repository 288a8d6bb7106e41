import { expect, test } from 'vitest';
import type { GatePolicyView, ProductionView, PromotionView } from '@/api/release';
import { askOf } from '@/features/home/Promotions';
import { nowOf, stoppedIn } from './CandidateTable';
import { changesShown } from './changes';
import { approvalEffect } from './DecidePromotion';
import { bodyOf, changesOf, draftOf, faultsOf } from './gateDraft';
import { effectOf, effectOfGivingUp, followsFrom, offeredAt, trafficOf } from './effects';
import { addressOf } from './SayWho';
import { approvalsOf, authorOf, gateWords, movingIn, nextEnvironment, productionActs, promotionVerbs, resumingIn, waitsFor, waitsForNobody } from './verbs';

const next = (action: string | null) => ({ tone: 'waiting' as const, text: '', reason: '', action });
const promotion = (state: PromotionView['state'], action: string | null, more: Partial<PromotionView> = {}) => ({ id: 'p', project: 'credit-risk', candidate: 4, environment: 'prod', kind: 'release', state, next: next(action), asked_by: 'person:ana', approvals: [], needed: [], gates: [], ...more }) as unknown as PromotionView;

const mayAll = { abandon: true, rollBack: true };
const mayNone = { abandon: false, rollBack: false };

test('only whom the server lets approve may approve or refuse; who asked may give it up until it is live', () => {
  expect(promotionVerbs(promotion('awaiting_approval', 'approve_promotion'), 'vera', mayNone)).toEqual(['approve', 'reject']);
  expect(promotionVerbs(promotion('awaiting_approval', null), 'ana', mayNone)).toEqual(['abandon']);
  expect(promotionVerbs(promotion('awaiting_approval', null), 'person:ana', mayNone)).toEqual(['abandon']);
  expect(promotionVerbs(promotion('awaiting_approval', null), 'cho', mayNone)).toEqual([]);
  expect(promotionVerbs(promotion('offered', 'create_promotion'), 'ana', mayAll)).toEqual([]);
  expect(promotionVerbs(promotion('live', 'approve_promotion'), 'vera', mayAll)).toEqual([]);
});

test('what is deployed or bakes can still be given up, and a way back only by who may take one', () => {
  for (const state of ['deploying', 'verifying'] as const) {
    expect(promotionVerbs(promotion(state, null), 'cho', mayAll)).toEqual(['abandon']);
    expect(promotionVerbs(promotion(state, null), 'cho', mayNone)).toEqual([]);
    expect(promotionVerbs(promotion(state, null), 'ana', { abandon: true, rollBack: false })).toEqual([]);
    expect(promotionVerbs(promotion(state, null, { environment: 'preprod' }), 'ana', mayNone)).toEqual(['abandon']);
    expect(promotionVerbs(promotion(state, null, { kind: 'rollback' }), 'ana', { abandon: true, rollBack: false })).toEqual([]);
    expect(promotionVerbs(promotion(state, null, { kind: 'rollback' }), 'cho', mayAll)).toEqual(['abandon']);
  }
});

const production = (more: Partial<ProductionView>): ProductionView => ({ environment: 'prod', endpoint: 'prod.credit-risk', live: 3, answers: 3, back_to: 2, resumable: [], next: next(null), ...more });
const suspended = { reason: 'x', by: 'person:vera', at: '' };
const [isLive, first, baking] = [production({}), production({ live: null, answers: 1, back_to: null }), production({ live: 1, answers: 2, back_to: 1 })];
const stopped = production({ answers: null, suspended, resumable: [3] });
const stoppedAndBack = production({ live: 2, answers: 2, back_to: null, resumable: [3] });
const all = { suspend: true, resume: true, rollBack: true };
const none = { suspend: false, resume: false, rollBack: false };
const actsOf = (of: ProductionView, may = all) => productionActs(of, may).map(({ verb, candidate }) => `${verb} ${candidate}`);

test('each act names the candidate that it is about, the fast way back first', () => {
  expect(actsOf(isLive)).toEqual(['roll_back 2', 'suspend 3']);
  expect(actsOf(first)).toEqual(['suspend 1']);
  expect(actsOf(baking)).toEqual(['roll_back 1', 'suspend 2']);
  expect(actsOf(stopped)).toEqual(['roll_back 2', 'resume 3']);
  expect(actsOf(stoppedAndBack)).toEqual(['suspend 2', 'resume 3']);
  expect(actsOf(production({ live: null, answers: null, back_to: null }))).toEqual([]);
  expect(actsOf(production({ live: null, answers: null, back_to: null, suspended, resumable: [1] }))).toEqual(['resume 1']);
});

test('what is live behind a stop that was meant for another can be asked for, too; outside of prod nobody decides that', () => {
  expect(actsOf(production({ live: 1, answers: null, back_to: null, suspended, resumable: [2] }))).toEqual(['resume 2', 'resume 1']);
  expect(actsOf(production({ environment: 'preprod', live: 1, answers: null, back_to: null, suspended }))).toEqual([]);
});

test('who may not is offered nothing, but what the server offers this viewer', () => {
  for (const one of [isLive, first, baking, stopped, stoppedAndBack]) expect(actsOf(one, none)).toEqual([]);
  expect(actsOf({ ...isLive, next: next('suspend_production') }, none)).toEqual(['suspend 3']);
  expect(actsOf({ ...stopped, next: next('resume_production') }, none)).toEqual(['resume 3']);
});

const effect = (verb: 'suspend' | 'roll_back' | 'resume', of: ProductionView) => effectOf(productionActs(of, all).find((act) => act.verb === verb)!, of);

test('each act says what happens at once and how it is undone', () => {
  expect(effect('suspend', isLive)).toBe('Candidate 3 stops answering on every endpoint within a second; callers are told that the model is suspended, and why. It waits for no approval and for no hold. Nothing takes its place by itself; candidate 2 can be brought back without approvals. It answers again by a resume, with the approvals that the gate asks for.');
  expect(effect('suspend', { ...isLive, environment: 'preprod' })).not.toContain('resume');
  expect(effect('suspend', first)).toContain('Candidate 1 stops answering');
  expect(effect('suspend', first)).toContain('Its promotion ends. Nothing takes its place.');
  expect(effect('suspend', baking)).toContain('Candidate 1 does not come back by itself: roll back instead if it is to answer.');
  expect(effect('roll_back', isLive)).toBe('Candidate 2 takes all traffic of prod within seconds, and candidate 3 leaves it. No approvals are asked for: candidate 2 came through this gate before. Candidate 3 comes in again only by a new promotion, through the gate.');
  expect(effect('roll_back', baking)).toBe('Candidate 1 takes all traffic of prod again within seconds, and candidate 2 leaves it: its promotion ends as Rolled back. No approvals are asked for: candidate 1 is what is live. Candidate 2 comes in again only by a new promotion, through the gate.');
  expect(effect('roll_back', stopped)).toContain('Candidate 2 takes all traffic of prod within seconds, and callers are answered again. What was stopped stays suspended.');
  expect(effect('resume', stopped)).toBe('Asks that candidate 3 answers again in prod. It needs the approvals of that gate; until then callers are refused as now.');
  expect(effect('resume', stoppedAndBack)).toBe('Asks that candidate 3 answers again in prod, in the place of candidate 2. It needs the approvals of that gate; until then candidate 2 goes on answering.');
});

test('giving up says what answers after it', () => {
  const given = (state: PromotionView['state'], live: number | null, more: Partial<PromotionView> = {}) => effectOfGivingUp(promotion(state, null, more), live);
  expect(given('awaiting_approval', 3)).toContain('nobody is asked any more');
  expect(given('deploying', 3)).toContain('candidate 3 stays live');
  expect(given('verifying', 3)).toContain('candidate 4 leaves prod within seconds: candidate 3 takes all traffic again');
  expect(given('verifying', null)).toContain('nothing answers there then');
  expect(given('verifying', 3, { kind: 'resume' })).not.toContain('promoted again');
});

test('the traffic sentence names who answers now, and who comes back', () => {
  const now = Date.UTC(2026, 0, 1, 12);
  const until = '2026-01-01T13:00:00Z';
  const said = (of: ProductionView, moving: PromotionView | null = null, isFailing = false, at = now) => {
    const traffic = trafficOf(of, moving, isFailing, at);
    return traffic && [traffic.candidate, `${traffic.does}${traffic.until ? ` ${traffic.until}` : ''}${traffic.then}`];
  };
  const bakes = (candidate: number) => promotion('verifying', null, { candidate, bakes_until: until });
  expect(said(isLive)).toEqual([3, 'is live and takes all traffic']);
  expect(said(isLive, promotion('deploying', null))).toEqual([3, 'is live and takes all traffic']);
  expect(said(isLive, null, true)).toEqual([3, 'is live, but does not answer']);
  expect(said(first, bakes(1))).toEqual([1, `answers all traffic and bakes until ${until}; nothing answers if it fails: nothing was live before`]);
  expect(said(baking, bakes(2))).toEqual([2, `answers all traffic and bakes until ${until}; candidate 1 comes back if it fails or is rolled back`]);
  expect(said(baking, bakes(2), true)).toEqual([2, `takes all traffic but does not answer, and bakes until ${until}; candidate 1 comes back if it fails or is rolled back`]);
  expect(said(baking, bakes(2), false, Date.parse(until) + 1)).toEqual([2, 'answers all traffic and is being verified; candidate 1 comes back if it fails or is rolled back']);
  expect(said(stopped)).toEqual([3, 'is live, and stopped: it refuses every call']);
  expect(said(production({ live: null, answers: null, suspended }))).toEqual([null, 'Nothing answers: the endpoint is stopped, and refuses every call']);
  expect(said(production({ answers: null }))).toEqual([3, 'is live, but does not answer']);
  expect(said(production({ live: null, answers: null }))).toBeNull();
});

test('only a new release proves itself while it serves', () => {
  expect(followsFrom('release', 'prod', 3)).toBe('It takes all traffic and is watched while it bakes; if it fails, candidate 3 comes back by itself.');
  expect(followsFrom('release', 'prod', null)).toContain('nothing answers there');
  expect(followsFrom('release', 'preprod', 3)).toContain('tests call that endpoint');
  expect(followsFrom('rollback', 'preprod', 3)).toContain('does not bake');
  expect(followsFrom('resume', 'prod', 3)).toContain('once that is approved');
});

test('a link to an endpoint says what it offers', () => {
  expect([isLive, first, baking, stopped].map(offeredAt)).toEqual(['Open its endpoint, stop it, or roll back to 2', 'Open its endpoint, or stop it', 'Open its endpoint, stop it, or roll back to 1', 'Open its endpoint, roll back to 2, or resume it']);
  expect(offeredAt(production({ environment: 'preprod', answers: null, back_to: null, suspended }))).toBe('Open its endpoint');
});

test('what moves in an environment is told from what waits there, and every open resumption counts', () => {
  const waits = promotion('awaiting_approval', null, { id: 'w', kind: 'resume' });
  const moves = promotion('verifying', null, { id: 'm' });
  const elsewhere = promotion('verifying', null, { id: 'e', environment: 'preprod', kind: 'resume' });
  expect(movingIn([elsewhere, waits, moves], 'prod')?.id).toBe('m');
  expect(movingIn([elsewhere, waits], 'prod')).toBeNull();
  expect(resumingIn([elsewhere, waits, moves, promotion('live', null, { kind: 'resume' })], 'prod').map((one) => one.id)).toEqual(['w']);
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
  expect(approvalEffect(one, 3, 600).text).toBe('Yours is the last approval it needs: candidate 4 takes all traffic of prod at once. For 10 m it bakes: if it cannot answer, or a gate closes, candidate 3 comes back by itself.');
  expect(approvalEffect({ ...one, kind: 'resume' }, 3, 600).text).toContain('answers again in prod, and is live once it does');
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
