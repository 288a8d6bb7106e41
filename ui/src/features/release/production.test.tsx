import { fireEvent, screen, within } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { http } from '@/api/client';
import { projectQuery } from '@/api/projects';
import { decisionsQuery, holdsQuery, productionQuery, type ProductionView, promotionsQuery, type PromotionView } from '@/api/release';
import { endpointQuery } from '@/api/serving';
import { drawPage } from '@/test/page';

const next = { tone: 'working' as const, text: 'It moves.', reason: '', action: null };
const at = '2026-01-01T00:00:00Z';
const project = { id: 'credit', name: 'credit', title: 'Credit', state: 'available', team: 'risk', tier: 2, owner: 'person:ben', created_at: at, clone_url: 'x', next };
const endpoint = { id: 'prod.credit', state: 'serving', columns: [], inputs: [], outputs: [], url: '', calls: null, capture: null, requested: null, serving: null, last_rollout: null, stopped: null };
const prod = (more: Partial<ProductionView>): ProductionView => ({ environment: 'prod', endpoint: 'prod.credit', live: 1, answers: 1, back_to: null, resumable: [], next, ...more });
const promotion = (more: Partial<PromotionView>) => ({ id: 'p-1', project: 'credit', environment: 'prod', endpoint: 'prod.credit', candidate: 2, kind: 'release', state: 'verifying', asked_by: 'person:ana', bakes_until: '2999-01-01T00:00:00Z', approvals: [], needed: [], gates: [], created_at: at, changed_at: at, next, ...more }) as PromotionView;
const owner = ['SuspendProduction', 'RollBack', 'ResumeProduction', 'AbandonPromotion'];
const suspended = { reason: 'a complaint', by: 'person:vera', at };

async function panel(production: ProductionView, promotions: PromotionView[], can = owner) {
  drawPage('/projects/credit/production', can, [
    [projectQuery('credit'), project],
    [decisionsQuery, { items: [] }],
    [productionQuery('credit'), [production]],
    [promotionsQuery('credit', { limit: 50 }), { items: promotions }],
    [holdsQuery('credit'), []],
    [endpointQuery('prod.credit'), endpoint],
  ]);
  const found = within(await screen.findByRole('region', { name: 'In prod' }));
  const names = () => found.queryAllByRole('button').map((button) => button.textContent);
  return { found, names };
}

test('the first candidate that bakes in prod can be stopped and given up', async () => {
  const { found, names } = await panel(prod({ live: null, answers: 1 }), [promotion({ candidate: 1 })]);
  expect(names()).toEqual(['Stop candidate 1', 'Give it up']);
  expect(found.getByText(/^answers all traffic and bakes until .*; nothing answers if it fails/)).toBeTruthy();
});

test('a candidate that bakes over another is the one that stops, and the other one comes back', async () => {
  const { found, names } = await panel(prod({ answers: 2, back_to: 1 }), [promotion({})]);
  expect(names()).toEqual(['Roll back to candidate 1', 'Stop candidate 2']);
  expect(found.getByRole('link', { name: 'Candidate 2' })).toBeTruthy();
  expect(found.getByText(/^answers all traffic and bakes until .*; candidate 1 comes back if it fails or is rolled back$/)).toBeTruthy();
});

test('who may give up, but not roll back, does not in prod, and is told who may do the rest', async () => {
  const { found, names } = await panel(prod({ answers: 2, back_to: 1 }), [promotion({})], ['AbandonPromotion']);
  expect(names()).toEqual([]);
  expect(found.getByText(/may stop it or roll it back\.$/)).toBeTruthy();
});

test('what is stopped is rolled back first, and asked for again by its number', async () => {
  const post = vi.spyOn(http, 'POST').mockRejectedValue(new TypeError('no server here'));
  const { names } = await panel(prod({ live: 3, answers: null, back_to: 2, resumable: [3, 1], suspended }), []);
  expect(names()).toEqual(['Roll back to candidate 2', 'Ask to resume candidate 3', 'Ask to resume candidate 1']);
  fireEvent.click(screen.getByRole('button', { name: 'Ask to resume candidate 1' }));
  const dialog = within(await screen.findByRole('dialog'));
  fireEvent.click(dialog.getByRole('button', { name: 'Ask to resume candidate 1' }));
  await vi.waitFor(() => expect(post).toHaveBeenCalledWith('/projects/{id}/resume', expect.objectContaining({ body: { environment: 'prod', candidate: 1 } })));
  post.mockRestore();
});

test('a resumption that waits is not asked for twice; another candidate still can be', async () => {
  const waits = promotion({ id: 'p-3', candidate: 3, kind: 'resume', state: 'awaiting_approval' });
  const { found, names } = await panel(prod({ live: 2, answers: 2, resumable: [3, 1] }), [waits]);
  expect(names()).toEqual(['Stop candidate 2', 'Ask to resume candidate 1']);
  expect(found.getByText('Candidate 3 was asked to answer again.')).toBeTruthy();
});
