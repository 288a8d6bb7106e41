import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { projectQuery } from '@/api/projects';
import { candidatesQuery, decisionsQuery, holdsQuery, productionQuery, promotionsQuery, type PromotionView, releasesQuery } from '@/api/release';
import { endpointQuery } from '@/api/serving';
import { drawPage, type Read } from '@/test/page';

const next = { tone: 'working' as const, text: 'It moves.', reason: '', action: null };
const at = '2026-01-01T00:00:00Z';
const project = { id: 'credit', name: 'credit', title: 'Credit', state: 'available', team: 'risk', tier: 2, owner: 'person:ben', created_at: at, clone_url: 'x', environments: [], next };
const promotion = (candidate: number, more: Partial<PromotionView> = {}) => ({ id: `p-${candidate}`, project: 'credit', environment: 'prod', endpoint: 'prod.credit', candidate, kind: 'release', state: 'superseded', asked_by: 'person:ana', approvals: [], needed: [], gates: [], created_at: at, changed_at: at, next, ...more }) as PromotionView;
const release = (subject: string) => ({ commit: subject, subject, run: null, state: 'not_cut', reason: null, started_at: at, next, checks: [] });
const endpoint = { id: 'prod.credit', state: 'serving', columns: [], inputs: [], outputs: [], url: '', calls: null, capture: null, requested: null, serving: null, last_rollout: null, stopped: null };
const shared: Read[] = [[projectQuery('credit'), project], [decisionsQuery, { items: [] }], [holdsQuery('credit'), []]];

test('promotions beyond the first page are there, and what moves is still said beside them', async () => {
  const moving = promotion(60, { state: 'verifying' });
  drawPage('/projects/credit/production', ['AbandonPromotion'], [
    ...shared,
    [productionQuery('credit'), [{ environment: 'prod', endpoint: 'prod.credit', live: null, answers: 60, back_to: null, resumable: [], next }]],
    [endpointQuery('prod.credit'), endpoint],
    [promotionsQuery('credit', { limit: 50 }), { items: [moving, promotion(59)], total: 3, next_cursor: 'c-2' }],
    [promotionsQuery('credit', { limit: 50, cursor: 'c-2' }), { items: [promotion(1)], total: 3, next_cursor: null }],
  ]);
  const panel = within(await screen.findByRole('region', { name: 'Promotions' }));
  await userEvent.click(panel.getByRole('button', { name: 'Next page' }));
  expect(await panel.findByRole('link', { name: 'Candidate 1' })).toBeTruthy();
  expect(panel.queryByRole('link', { name: 'Candidate 59' })).toBeNull();
  expect(panel.getByText('3–3 of 3')).toBeTruthy();
  expect(within(screen.getByRole('region', { name: 'In prod' })).getByRole('link', { name: 'Candidate 60' })).toBeTruthy();
});

test('release runs have pages beside the candidates', async () => {
  drawPage('/projects/credit/candidates', [], [
    ...shared,
    [productionQuery('credit'), []],
    [candidatesQuery('credit', { limit: 50 }), { items: [], total: 0, next_cursor: null }],
    [releasesQuery('credit', { limit: 10 }), { items: [release('Newest')], next_cursor: 'r-2' }],
    [releasesQuery('credit', { limit: 10, cursor: 'r-2' }), { items: [release('Oldest')], next_cursor: null }],
  ]);
  const panel = within(await screen.findByRole('region', { name: 'Release runs' }));
  await userEvent.click(panel.getByRole('button', { name: 'Next page' }));
  expect(await panel.findByText('Oldest')).toBeTruthy();
  await userEvent.click(panel.getByRole('button', { name: 'First page' }));
  expect(await panel.findByText('Newest')).toBeTruthy();
});
