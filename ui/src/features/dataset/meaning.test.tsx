import { fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { http } from '@/api/client';
import { columnsQuery, datasetQuery, profileQuery } from '@/api/datasets';
import { drawPage } from '@/test/page';

const at = '2026-01-01T00:00:00Z';
const id = 'retail.core.customers';
const facts = { lake: 'retail', schema: 'core', table: 'customers', team: 'retail', visibility: 'listed', state: 'active', level: 'restricted', origin: 'crawled', columns: 2, rows: 2, files: 1, version: 1, size_bytes: 1, description: '', found_at: at, fresh_at: at };
const dataset = { ...facts, id, partitions: [], record_key: [], stewards: [], next: { tone: 'good', text: 'You may ask.', reason: '', action: null }, access: { state: 'none', columns: 2, readable_columns: 0 } };
const column = (name: string, description: string) => ({ name, position: 0, type: 'Utf8', nullable: true, partition: false, description, level: 'internal', level_source: 'confirmed', for_you: 'clear' });

const page = (may: { describe?: boolean; classify?: boolean }, ...columns: ReturnType<typeof column>[]) =>
  // Somebody who is a steward of something: whether of this, the server says.
  drawPage(`/datasets/${id}`, ['DescribeDataset', 'ClassifyColumn'], [
    [datasetQuery(id), { ...dataset, may_describe: !!may.describe, may_classify: !!may.classify }],
    [columnsQuery(id), { items: columns }],
    [profileQuery(id), { rows: 2, columns: [] }],
  ]);

test('a steward says what a column means, and only that one changes', async () => {
  const post = vi.spyOn(http, 'POST').mockRejectedValue(new TypeError('no server here'));
  page({ describe: true }, column('age', ''), column('amount', 'in euro'));
  expect(await screen.findByRole('button', { name: 'in euro, describe amount' })).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Describe age' }));
  const dialog = within(await screen.findByRole('dialog'));
  fireEvent.change(dialog.getByLabelText('Description'), { target: { value: ' in full years ' } });
  await userEvent.click(dialog.getByRole('button', { name: 'Save the description of age' }));
  await vi.waitFor(() => expect(post).toHaveBeenCalledWith('/datasets/{id}/describe', { params: { path: { id } }, body: { columns: { age: 'in full years' } } }));
  expect(await dialog.findByRole('alert')).toBeTruthy();
  post.mockRestore();
});

test('who may not describe a column reads what it means', async () => {
  page({}, column('amount', 'in euro'));
  expect(await screen.findByText('in euro')).toBeTruthy();
  expect(screen.queryByRole('button', { name: /describe/i })).toBeNull();
});

test('who may set levels is offered a menu of them, and only who may', async () => {
  const post = vi.spyOn(http, 'POST').mockRejectedValue(new TypeError('no server here'));
  page({ classify: true }, column('amount', ''));
  const menu = await screen.findByRole('button', { name: 'Internal, set the level of amount' });
  await userEvent.click(menu);
  await userEvent.click(await screen.findByRole('menuitem', { name: /Restricted/ }));
  await vi.waitFor(() => expect(post).toHaveBeenCalledTimes(1));
  expect(post.mock.calls[0]).toMatchObject([expect.stringContaining('classify'), { params: { path: { id } } }]);
  post.mockRestore();
});

test('who may not set levels reads them', async () => {
  page({ describe: true }, column('amount', ''));
  expect(await screen.findByText('Internal')).toBeTruthy();
  expect(screen.queryByRole('button', { name: /set the level/ })).toBeNull();
});
