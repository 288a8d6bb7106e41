import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { assignmentsQuery, groupsQuery, peopleQuery } from '@/api/admin';
import { drawPage } from '@/test/page';

const at = '2026-01-01T00:00:00Z';
const none = { items: [], total: 0 };
const page = <T,>(one: T, next: string | null) => ({ items: [one], total: 2, next_cursor: next });

test('roles have pages, and the tab says how many there are in all', async () => {
  const role = (id: string, scope: string) => ({ id, principal: 'person:ana', role: 'data_steward', scope, given_by: 'person:pat', given_at: at });
  drawPage('/admin/roles', [], [
    [peopleQuery, none],
    [groupsQuery, none],
    [assignmentsQuery(), page(role('a-1', 'lake/retail'), 'c-2')],
    [assignmentsQuery({ cursor: 'c-2' }), page(role('a-2', 'lake/risk'), null)],
  ]);
  expect((await screen.findByRole('link', { name: /^Roles/ })).textContent).toMatch(/2$/);
  await userEvent.click(await screen.findByRole('button', { name: 'Next page' }));
  expect(await screen.findByText('lake/risk')).toBeTruthy();
  expect(screen.queryByText('lake/retail')).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'First page' }));
  expect(await screen.findByText('lake/retail')).toBeTruthy();
});
