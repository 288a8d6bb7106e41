import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { breachesQuery, evaluationsQuery, monitorQuery, monitorsQuery, redBreachesQuery } from '@/api/monitoring';
import { draw } from '@/test/render';
import { drawPage } from '@/test/page';
import { RedBreaches } from './RedBreaches';

const next = (action: string | null, text = '1 red breach is open.') => ({ tone: 'bad' as const, text, reason: '', action });
const monitor = { id: 'mo-1', project: 'credit', environment: 'credit/prod', endpoint: 'prod.credit', model: 'pd', version: 3, candidate: 4, policy: 2, state: 'active', red: 1, amber: 0, every_s: 3600, window_h: 24, truth: null, truth_is_set: false, tolerances: [{ metric: 'psi', better: 'lower', amber: 0.1, red: 0.25, rationale: 'r' }], may_be_not_computable: [], capture: null, due_at: '2026-01-01T01:00:00Z', created_at: '2026-01-01T00:00:00Z', changed_at: '2026-01-01T00:00:00Z', digest: 'd', next: next('evaluate_monitor'), last: { id: 'e-1', state: 'breached', started_at: '2026-01-01T00:00:00Z' } };
const evaluation = {
  id: 'e-1', monitor: 'mo-1', project: 'credit', endpoint: 'prod.credit', model: 'pd', version: 3, candidate: 4, policy: 2, state: 'breached', since: '2026-01-01T00:00:00Z', until: '2026-01-02T00:00:00Z', started_at: '2026-01-01T00:00:00Z', note: '400 calls', next: next(null, 'It is beyond a limit.'), reason: 'psi of income',
  metrics: [
    { name: 'psi', column: 'income', value: 0.31, low: 0.28, high: 0.34, amber: 0.1, red: 0.25, better: 'lower', n: 400, verdict: 'red' },
    { name: 'auc', value: null, amber: 0.75, red: 0.7, better: 'higher', n: 0, reason: 'no outcome yet', verdict: 'not_computable' },
  ],
};
const breach = { id: 'br-1', monitor: 'mo-1', project: 'credit', endpoint: 'prod.credit', metric: 'psi', column: 'income', what: 'psi of income', value: 0.31, limit: 0.25, severity: 'red' as const, state: 'open' as const, count: 3, candidate: 4, evaluation: 'e-1', first_seen_at: '2026-01-01T00:00:00Z', last_seen_at: '2026-01-02T00:00:00Z', next: next('acknowledge_breach', '') };

test('a monitor shows what it found, what it could not compute, and the breach that waits for an answer', async () => {
  drawPage('/monitors/mo-1', ['EvaluateMonitor', 'PauseMonitor', 'SetMonitor', 'MuteBreach'], [
    [monitorQuery('mo-1'), monitor],
    [evaluationsQuery('mo-1', { limit: 50 }), { items: [evaluation] }],
    [breachesQuery({ monitor: 'mo-1', limit: 50, state: 'open' }), { items: [breach], total: 1 }],
    [redBreachesQuery, [breach]],
  ]);
  expect(await screen.findByRole('heading', { name: /prod\.credit/ })).toBeTruthy();
  expect(screen.getAllByText('1 red, 1 not computable').length).toBe(2);
  expect(screen.getByText('no outcome yet').className).toContain('bad-text');
  expect(screen.getByRole('img', { name: 'Distribution shift (PSI) of income 0.310, 95% between 0.280 and 0.340; limit ≤ 0.250' })).toBeTruthy();
  expect(screen.getByRole('img', { name: /over 1 evaluation: from 0\.310/ })).toBeTruthy();
  for (const name of ['Evaluate now', 'Pause', 'Settings', 'Acknowledge', 'Mute']) expect(screen.getByRole('button', { name })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Resolve' })).toBeNull();
});

test('where nothing is watched yet the page says how it begins', async () => {
  drawPage('/monitors', [], [[monitorsQuery({ limit: 50 }), { items: [], total: 0 }]]);
  expect(await screen.findByText('Nothing is watched yet.')).toBeTruthy();
  expect(screen.getByText((_, shown) => shown?.tagName === 'PRE' && shown.textContent === 'lockgate monitor list')).toBeTruthy();
});

test('a red breach that waits for the viewer leads to where it is answered', async () => {
  await draw(<RedBreaches breaches={[breach]} />);
  expect(screen.getByText(/Distribution shift \(PSI\) of income is 0\.310, limit 0\.250/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'Open' }).getAttribute('href')).toBe('/monitors/mo-1?breach=br-1');
});
