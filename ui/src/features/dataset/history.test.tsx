import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { datasetHistoryQuery, datasetQuery } from '@/api/datasets';
import { drawPage } from '@/test/page';

const at = '2026-01-01T00:00:00Z';

const line = (text: string, by: string) => ({ at, by: `person:${by}`, verb: 'classify', text });
const facts = { lake: 'retail', schema: 'core', table: 'customers', team: 'retail', visibility: 'listed', state: 'active', level: 'restricted', origin: 'crawled', columns: 3, rows: 2, files: 1, version: 1, size_bytes: 1, description: '', found_at: at, fresh_at: at };
const dataset = { ...facts, id: 'retail.core.customers', partitions: [], record_key: [], stewards: [], next: { tone: 'good', text: 'You may ask.', reason: '', action: null }, access: { state: 'none', columns: 3, readable_columns: 0 } };

test('the history of a dataset has the newest first', async () => {
  drawPage('/datasets/retail.core.customers/history', [], [
    [datasetQuery('retail.core.customers'), dataset],
    [datasetHistoryQuery('retail.core.customers'), [line('age is restricted', 'dora'), line('found by a crawl', 'lakes')]],
  ]);
  const lines = (await screen.findAllByText(/age is restricted|found by a crawl/i)).map((one) => one.textContent);
  expect(lines).toEqual([expect.stringMatching(/^Age is restricted/), expect.stringMatching(/^Found by a crawl/)]);
});
