import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { requestsQuery } from '@/api/requests';
import { drawPage } from '@/test/page';

const at = '2026-01-01T00:00:00Z';
const request = (id: string) => ({ id, kind: 'read', object: 'retail.core.customers', principal: 'person:ana', uses: ['explore'], state: 'submitted', fact: null, submitted_at: at, created_at: at });

test('an inbox with more than a page has a way to the rest, and back', async () => {
  drawPage('/access', [], [
    [requestsQuery({ view: 'waiting', limit: 100 }), { items: [request('r-first')], total: 101, next_cursor: 'c-2' }],
    [requestsQuery({ view: 'waiting', cursor: 'c-2', limit: 100 }), { items: [request('r-last')], total: 101, next_cursor: null }],
  ]);
  await userEvent.click(await screen.findByRole('button', { name: /next/i }));
  const entry = await screen.findByTitle('r-last');
  expect(entry.closest('a')?.getAttribute('href')).toContain('cursor=c-2');
  expect(screen.queryByTitle('r-first')).toBeNull();
});

test('an inbox of one page has no pages', async () => {
  drawPage('/access', [], [[requestsQuery({ view: 'waiting', limit: 100 }), { items: [request('r-first')], total: 1, next_cursor: null }]]);
  await screen.findByTitle('r-first');
  expect(screen.queryByRole('button', { name: /next/i })).toBeNull();
});
