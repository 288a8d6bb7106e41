import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { type Boat, LockFlight } from '@/components';
import { draw } from '@/test/render';
import { MetricTable } from './MetricTable';
import { NotTested } from './NotTested';
import { ReleaseRuns } from './ReleaseRuns';

test('a metric stands with its interval, its limit and the live one; what has no value says why', async () => {
  await draw(
    <MetricTable
      checks={[
        { name: 'quality', verdict: 'passed', note: '', metrics: [{ name: 'auc', value: 0.777, low: 0.765, high: 0.789, amber: 0.77, red: 0.76, n: 200, verdict: 'passed' }] },
        { name: 'bias', verdict: 'not_computable', note: '', metrics: [{ name: 'demographic_parity', value: null, n: 0, reason: 'no sensitive column', verdict: 'not_computable' }] },
      ]}
      live={[{ name: 'quality', verdict: 'passed', note: '', metrics: [{ name: 'auc', value: 0.753, n: 200, verdict: 'passed' }] }]}
      liveNumber={3}
    />,
  );
  expect(screen.getByRole('img', { name: /^AUC 0.777, 95% between 0.765 and 0.789; limit ≥ 0.760; live 0.753$/ })).toBeTruthy();
  expect(screen.getByText('0.765–0.789')).toBeTruthy();
  expect(screen.getByText('no sensitive column')).toBeTruthy();
  expect(screen.getAllByText('Not computable').length).toBe(2);
});

test('what was not tested is said, also when it is nothing', async () => {
  await draw(<NotTested checks={[]} />);
  expect(screen.getByText('Every check of this policy has a value.')).toBeTruthy();
});

test('a run that cut nothing says metric, value and limit, and the first one names the command', async () => {
  const next = { tone: 'bad' as const, text: '', reason: '', action: null };
  await draw(
    <>
      <ReleaseRuns project="credit-risk" releases={[{ commit: 'c', subject: 'Flip renters', run: 'run-1', state: 'not_cut', reason: null, started_at: '2026-01-01T00:00:00Z', next, checks: [{ name: 'bias', verdict: 'failed', note: '', metrics: [{ name: 'demographic_parity', group: 'age', value: 0.29, red: 0.2, amber: 0.1, n: 40, verdict: 'failed' }] }] }]} />
      <ReleaseRuns project="credit-risk" releases={[]} />
    </>,
  );
  expect(screen.getByText('Bias of age 0.290, limit ≤ 0.200')).toBeTruthy();
  expect(screen.getByText((_, shown) => shown?.tagName === 'PRE' && shown.textContent === 'lockgate project merge credit-risk my-change')).toBeTruthy();
});

test('a candidate that was turned away lies off the lane, beside those that wait', async () => {
  const boat = (name: string, isOut = false): Boat => ({ key: name, name, fact: 'x', tone: 'bad' as const, icon: 'circle-x', sentence: `Candidate ${name}`, to: { to: '/' }, isOut });
  const gate = { share: 0, tone: 'idle' as const, label: null };
  await draw(<LockFlight flight={{ head: null, main: { fact: '', mill: null }, dev: { fact: '', skiffs: [], boats: [] }, preprod: { fact: '', gate, boats: [boat('3', true), boat('4')] }, prod: { fact: '', gate: { ...gate, isHeld: true }, boats: [] } }} />);
  expect(screen.getByRole('link', { name: 'Candidate 3' }).className).toContain('out');
  expect(screen.getByRole('link', { name: 'Candidate 4' }).className).not.toContain('out');
});
