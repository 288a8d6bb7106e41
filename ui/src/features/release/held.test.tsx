import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { projectQuery } from '@/api/projects';
import { decisionsQuery, holdsQuery, productionQuery, promotionsQuery, type PromotionView } from '@/api/release';
import { drawPage } from '@/test/page';
import { nowOf } from './CandidateTable';
import { boatOf, gateOf, type Standing } from './flight';
import { promotionLook } from './looks';

const at = '2026-01-01T00:00:00Z';
const next = { tone: 'waiting' as const, text: 'Candidate 4 waits to be deployed.', reason: '`vera` holds it: drift', action: null };
type GateState = PromotionView['gates'][number]['state'];
/** A promotion at its approvals: those gates stand so. */
const promotion = (approvals: GateState, holds: GateState) =>
  ({
    id: 'p-1', project: 'credit', environment: 'prod', endpoint: 'prod.credit', candidate: 4, kind: 'release', state: 'awaiting_approval', asked_by: 'person:ana', created_at: at, changed_at: at, next,
    needed: [{ role: 'model_validator', count: 1 }],
    approvals: [{ by: 'person:vera', decision: 'approved', at, counts: true }],
    gates: [{ name: 'holds', state: holds, note: '' }, { name: 'approvals', state: approvals, note: '' }],
  }) as PromotionView;
const wordOf = (one: PromotionView) => promotionLook(one).word;

test('what is approved waits for a hold to be lifted or for nobody; what the server does not count still waits for approval', () => {
  expect(wordOf(promotion('passed', 'waiting'))).toBe('Held');
  expect(wordOf(promotion('passed', 'passed'))).toBe('Waits to be deployed');
  expect(wordOf(promotion('open', 'waiting'))).toBe('Waits for approval');
});

test('lists and the flight say of a candidate that is approved and held that it is held', () => {
  const held = promotion('passed', 'waiting');
  const candidate = { number: 4, promotions: [{ id: 'p-1', kind: 'release' as const, environment: 'prod', state: 'awaiting_approval' as const }], checks: [], authors: [] };
  expect(nowOf(candidate, false, [held]).word).toBe('Held, prod');
  expect(nowOf(candidate).word).toBe('Waits for approval, prod');
  const standing: Standing = { candidates: [candidate as never], promotions: [held], production: [], holds: [], releases: [] };
  expect(boatOf('credit', standing, { number: 4, place: 'preprod', promotion: held, isOut: false }).fact).toBe('held');
  expect(gateOf(standing, 'prod').word).toBe('Held');
});

test('the list of promotions agrees with the sentence beside it', async () => {
  drawPage('/projects/credit/production', [], [
    [projectQuery('credit'), { id: 'credit', name: 'credit', title: 'Credit', state: 'available', team: 'risk', tier: 2, owner: 'person:ben', created_at: at, clone_url: 'x', next }],
    [decisionsQuery, { items: [] }],
    [productionQuery('credit'), []],
    [holdsQuery('credit'), []],
    [promotionsQuery('credit', { limit: 50 }), { items: [promotion('passed', 'waiting')] }],
  ]);
  const list = within(await screen.findByRole('region', { name: 'Promotions' }));
  expect(await list.findByText('Held')).toBeTruthy();
  expect(list.queryByText(/approval/i)).toBeNull();
});
