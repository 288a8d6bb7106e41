import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { assignmentsQuery, groupsQuery, peoplePageQuery, peopleQuery } from '@/api/admin';
import { drawPage } from '@/test/page';

const person = (id: string, name: string) => ({ id, name, state: 'active', has_password: true, groups: [], created_by: 'operator', created_at: '2026-01-01T00:00:00Z' });

test('people have pages, and the tab says how many there are in all', async () => {
  drawPage('/admin', [], [
    [peopleQuery, { items: [person('ana', 'Ana Lee')], total: 2 }],
    [groupsQuery, { items: [] }],
    [assignmentsQuery(), { items: [] }],
    [peoplePageQuery(), { items: [person('ana', 'Ana Lee')], total: 2, next_cursor: 'c-2' }],
    [peoplePageQuery({ cursor: 'c-2' }), { items: [person('zoe', 'Zoe Ode')], total: 2, next_cursor: null }],
  ]);
  await userEvent.click(await screen.findByRole('button', { name: 'Next page' }));
  expect(await screen.findByText('Zoe Ode')).toBeTruthy();
  expect(screen.queryByText('Ana Lee')).toBeNull();
  expect(screen.getByRole('link', { name: /^People/ }).textContent).toMatch(/2$/);
});
