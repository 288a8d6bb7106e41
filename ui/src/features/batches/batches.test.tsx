import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import type { BatchView } from '@/api/batches';
import { draw } from '@/test/render';
import { BatchForm } from './BatchForm';
import { BatchJob } from './BatchJob';
import { bodyOf, lacksOf, outcomeWords, startWords } from './words';

const batch: BatchView = {
  id: 'b-1', endpoint: 'prod.credit', project: 'credit', environment: 'credit/prod', name: 'nightly', datasets: ['retail.core.customers'], key: 'record_id', output: 'retail.predictions.scores',
  daily_at: '02:00', next_at: null, state: 'idle', run: null, last: null, made_by: 'person:mo', created_at: '2026-11-01T00:00:00Z', may_start: true,
  next: { tone: 'idle', text: 'Waits.', reason: '', action: 'start_batch' },
};
const done = { at: '2026-11-02T00:00:00Z', run: 'run-1', rows: 1200, version: 3, model_version: 4 };

test('an outcome reads as rows, or as why nothing was published', () => {
  expect(outcomeWords(done)).toBe('Scored 1,200 rows by version 4 of the model');
  expect(outcomeWords({ at: '', run: '', reason: 'the grant ended' })).toBe('Published nothing: the grant ended');
  expect([startWords(batch), startWords({})]).toEqual(['every day at 02:00 UTC', 'only when somebody starts it']);
});

test('a draft says what it lacks, and sends no time that was not given', () => {
  const draft = { endpoint: 'prod.credit', name: 'nightly', datasets: [], key: '', output: 'a.b.c', dailyAt: '' };
  expect(lacksOf(draft)).toEqual(['what is scored', 'the record key']);
  expect(bodyOf(draft)).not.toHaveProperty('daily_at');
  expect(bodyOf({ ...draft, dailyAt: '02:00' })).toMatchObject({ daily_at: '02:00' });
});

test('a job shows the version it made, starts at once and is removed only after a question', async () => {
  const [start, remove] = [vi.fn(), vi.fn()];
  await draw(<BatchJob batch={{ ...batch, last: done }} mayRemove starting={false} removing={false} problem={null} onStart={start} onRemove={remove} />);
  expect(screen.getByRole('link', { name: 'version 3' }).getAttribute('href')).toBe('/datasets/retail.predictions.scores/versions');
  await userEvent.click(screen.getByRole('button', { name: 'Start nightly now' }));
  expect(start).toHaveBeenCalledOnce();
  await userEvent.click(screen.getByRole('button', { name: 'Remove' }));
  expect(remove).not.toHaveBeenCalled();
  await userEvent.click(await screen.findByRole('button', { name: 'Remove nightly' }));
  expect(remove).toHaveBeenCalledOnce();
});

test('who may not start or remove it sees no button', async () => {
  await draw(<BatchJob batch={{ ...batch, may_start: false }} mayRemove={false} starting={false} removing={false} problem={null} onStart={vi.fn()} onRemove={vi.fn()} />);
  expect(screen.queryByRole('button')).toBeNull();
});

test('the form takes names that no list knows, and shows the server’s own words', async () => {
  const create = vi.fn();
  const problem = { status: 403, code: 'serving.batch_no_grant', detail: 'credit/prod can read no dataset `a.b.c` to score', hint: 'ask for it: `read` on `a.b.c`' };
  await draw(<BatchForm endpoints={['prod.credit']} datasets={[]} busy={false} problem={problem} onCreate={create} onClose={vi.fn()} />);
  await userEvent.type(screen.getByLabelText('Name'), 'nightly');
  await userEvent.type(screen.getByLabelText('Datasets to score', { selector: 'input' }), 'a.b.c{Enter}');
  await userEvent.type(screen.getByLabelText('Record key'), 'id');
  await userEvent.type(screen.getByLabelText('Into'), 'a.p.s');
  await userEvent.click(screen.getByRole('button', { name: 'Set up the batch job' }));
  expect(create).toHaveBeenCalledWith({ endpoint: 'prod.credit', name: 'nightly', datasets: ['a.b.c'], key: 'id', output: 'a.p.s' });
  expect(screen.getByRole('alert').textContent).toContain('can read no dataset');
});
