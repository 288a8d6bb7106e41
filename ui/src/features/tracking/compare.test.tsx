import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { ExperimentRun } from '@/api/tracking';
import { draw } from '@/test/render';
import { CompareTable, differing } from './Compare';

const run = (id: string, params: Record<string, string>, metrics: Record<string, number>) => ({ id, name: 'fit', started_at: '2026-11-01T00:00:00Z', params, metrics }) as unknown as ExperimentRun;
const runs = [run('a', { c: '1.0', seed: '7' }, { auc: 0.74 }), run('b', { c: '0.5', seed: '7' }, { auc: 0.76 })];

test('runs stand side by side with what they measured and where they were told otherwise', async () => {
  expect(differing(runs)).toEqual(['c']);
  await draw(<CompareTable runs={runs} />);
  const rows = screen.getAllByRole('row').map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent));
  expect(rows.slice(1)).toEqual([['auc', '0.74', '0.76'], ['c', '1.0', '0.5']]);
  expect(screen.getAllByRole('link', { name: 'fit' }).map((link) => link.getAttribute('href'))).toEqual(['/experiment-runs/a', '/experiment-runs/b']);
});
