import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { mergesQuery } from '@/api/delivery';
import { branchesQuery, commitsQuery, projectQuery, pushesQuery } from '@/api/projects';
import { drawPage } from '@/test/page';

const next = { tone: 'good' as const, text: 'It is there.', reason: '', action: null };
const at = '2026-01-01T00:00:00Z';
const project = { id: 'credit', name: 'credit', title: 'Credit', state: 'available', team: 'risk', tier: 2, owner: 'person:ben', created_at: at, clone_url: 'x', environments: [], next };
const commit = (subject: string) => ({ id: `${subject}-id`, subject, message: subject, author: { name: 'Ana', at }, committed_at: at, parents: [] });
const merge = (branch: string, more = {}) => ({ id: branch, project: 'credit', branch, from: 'a', commit: 'b', merged_by: 'ana', state: 'merged', asked_at: at, ended_at: at, next, ...more });
const push = (branch: string) => ({ id: branch, branch, reference: `refs/heads/${branch}`, pusher: 'ana', state: 'applied', rewritten: false, recorded_at: at, next });

test('commits, merges and pushes each have their own pages', async () => {
  drawPage('/projects/credit/code', [], [
    [projectQuery('credit'), project],
    [branchesQuery('credit'), { items: [{ name: 'main', commit: 'a' }] }],
    [commitsQuery('credit', 'main'), { items: [commit('Newest')], next_cursor: 'c-2' }],
    [commitsQuery('credit', 'main', { cursor: 'c-2' }), { items: [commit('Oldest')], next_cursor: null }],
    [mergesQuery('credit'), { items: [merge('late')], total: 2, next_cursor: 'm-2' }],
    [mergesQuery('credit', { cursor: 'm-2' }), { items: [merge('early', { state: 'refused', reason: 'main had moved' })], total: 2, next_cursor: null }],
    [pushesQuery('credit'), { items: [push('my-change')], total: 2, next_cursor: 'p-2' }],
    [pushesQuery('credit', { cursor: 'p-2' }), { items: [push('first-change')], total: 2, next_cursor: null }],
  ]);
  const panel = async (name: string) => within(await screen.findByRole('region', { name }));
  const turn = async (name: string) => userEvent.click((await panel(name)).getByRole('button', { name: 'Next page' }));
  await turn('Commits');
  expect(await (await panel('Commits')).findByText('Oldest')).toBeTruthy();
  expect((await panel('Merges')).getByText('late')).toBeTruthy();
  await turn('Merges');
  expect(await (await panel('Merges')).findByText('early')).toBeTruthy();
  expect((await panel('Merges')).getByText('Main had moved')).toBeTruthy();
  expect((await panel('Pushes')).getByText('my-change')).toBeTruthy();
  await turn('Pushes');
  expect(await (await panel('Pushes')).findByText('first-change')).toBeTruthy();
});
