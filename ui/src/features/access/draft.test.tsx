import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { http } from '@/api/client';
import { columnsQuery, datasetsQuery } from '@/api/datasets';
import { projectsQuery } from '@/api/projects';
import { purposesQuery, requestHistoryQuery, requestQuery, requestsQuery } from '@/api/requests';
import { drawPage, type Read } from '@/test/page';

const at = '2026-01-01T00:00:00Z';
const column = (name: string, level: string) => ({ name, position: 0, type: 'Utf8', nullable: true, partition: false, description: '', level, level_source: 'confirmed', for_you: 'not_granted' });
const purpose = { id: 'p-1', name: 'Credit risk', lawful_basis: 'contract', allowed_uses: ['explore', 'train'], owner: 'person:ben', retention_days: 30 };
const until = '2999-06-01T10:00:00Z';
const rule = { column: 'amount', op: 'at_most', value: 7000 };
const draft = {
  id: 'r-1', state: 'draft', kind: 'read', object: 'retail.core.customers', principal: 'person:olga', asked_by: 'person:olga', uses: ['train'], text: 'To prove it', purpose, approvals: [], decided_by: 'the data steward of retail', created_at: at, next: { tone: 'idle', text: 'A draft.', reason: '', action: 'submit_request' },
  asked: { columns: [{ name: 'amount', as: 'clear' }, { name: 'iban', as: 'token' }], row_filter: [rule], rows: 'amount is at most 7000', expires_at: until, starts_at: null },
  columns: [{ name: 'iban', as: 'token', data_type: 'Utf8', level: 'restricted', level_source: 'confirmed' }, { name: 'amount', as: 'clear', data_type: 'Utf8', level: 'internal', level_source: 'confirmed' }, { name: 'age', as: 'left_out', data_type: 'Utf8', level: 'internal', level_source: 'confirmed' }],
};
/** What the server answers. */
const said = (request: object) => ({ data: request, response: new Response() }) as never;
afterEach(() => void vi.restoreAllMocks());
const reads = (request: object): Read[] => [
  [requestQuery('r-1'), request],
  [requestsQuery({ view: 'waiting', limit: 100 }), { items: [], total: 0 }],
  [requestHistoryQuery('r-1'), []],
  [purposesQuery, { items: [purpose] }],
  [projectsQuery(), { items: [] }],
  [datasetsQuery({}, 200), { items: [] }],
  [columnsQuery('retail.core.customers'), { items: [column('amount', 'internal'), column('iban', 'restricted'), column('age', 'internal')] }],
];

test('who asked may change a draft: the form holds what was asked, and all of it is sent', async () => {
  const post = vi.spyOn(http, 'POST').mockRejectedValue(new TypeError('no server here'));
  vi.spyOn(http, 'GET').mockResolvedValue(said(draft));
  drawPage('/access/r-1', ['CreateRequest'], reads(draft));
  await userEvent.click(await screen.findByRole('link', { name: 'Change' }));
  const why = await screen.findByLabelText('Why do you need it');
  expect(why).toHaveProperty('value', 'To prove it');
  expect(screen.queryByLabelText('What do you want to do')).toBeNull();
  fireEvent.change(why, { target: { value: 'To prove it for cards' } });
  await userEvent.click(screen.getByRole('button', { name: 'Save the draft' }));
  const body = { purpose: 'p-1', uses: ['train'], text: 'To prove it for cards', row_filter: [rule], starts_at: null, expires_at: until, columns: { amount: 'clear', iban: 'token' } };
  await vi.waitFor(() => expect(post).toHaveBeenCalledWith('/requests/{id}/edit', { params: { path: { id: 'r-1' } }, body }));
  expect(await screen.findByRole('alert')).toBeTruthy();
});

test('a draft that is asked for from the form is saved first', async () => {
  const post = vi.spyOn(http, 'POST').mockResolvedValue(said(draft));
  vi.spyOn(http, 'GET').mockResolvedValue(said(draft));
  drawPage('/ask?draft=r-1', ['CreateRequest'], reads(draft));
  await userEvent.click(await screen.findByRole('button', { name: 'Ask for access' }));
  await screen.findByRole('heading', { name: /asks for/ });
  expect(post.mock.calls.map((call: unknown[]) => call[0])).toEqual(['/requests/{id}/edit', '/requests/{id}/submit']);
});

test('a draft that was saved and could not be sent can be sent again', async () => {
  const edited = { ...draft, text: 'To prove it for cards' };
  const post = vi.spyOn(http, 'POST').mockResolvedValueOnce(said(edited)).mockRejectedValueOnce(new TypeError('no server here')).mockResolvedValue(said(edited));
  vi.spyOn(http, 'GET').mockResolvedValueOnce(said(draft)).mockResolvedValue(said(edited));
  drawPage('/ask?draft=r-1', ['CreateRequest'], reads(draft));
  fireEvent.change(await screen.findByLabelText('Why do you need it'), { target: { value: edited.text } });
  await userEvent.click(screen.getByRole('button', { name: 'Ask for access' }));
  await screen.findByRole('alert');
  await userEvent.click(screen.getByRole('button', { name: 'Ask for access' }));
  await screen.findByRole('heading', { name: /asks for/ });
  expect(post.mock.calls.map((call: unknown[]) => call[0])).toEqual(['/requests/{id}/edit', '/requests/{id}/submit', '/requests/{id}/edit', '/requests/{id}/submit']);
});

test.each([
  ['sent', { ...draft, state: 'submitted' }, 'This request is no draft any more.'],
  ['changed', { ...draft, text: 'Another reason' }, 'This draft was changed meanwhile, and nothing was saved.'],
])('a draft that was %s meanwhile is not written over', async (_, now, word) => {
  const post = vi.spyOn(http, 'POST').mockRejectedValue(new TypeError('no server here'));
  vi.spyOn(http, 'GET').mockResolvedValue(said(now));
  drawPage('/ask?draft=r-1', ['CreateRequest'], reads(draft));
  await userEvent.click(await screen.findByRole('button', { name: 'Save the draft' }));
  expect(await screen.findByText(word)).toBeTruthy();
  expect(post).not.toHaveBeenCalled();
});

test('a draft of somebody else is not offered to change', async () => {
  drawPage('/access/r-1', ['CreateRequest'], reads({ ...draft, asked_by: 'person:ana' }));
  await screen.findByRole('heading', { name: /asks for/ });
  expect(screen.queryByRole('link', { name: 'Change' })).toBeNull();
});

test('a request that was sent meanwhile has no form', async () => {
  drawPage('/ask?draft=r-1', ['CreateRequest'], reads({ ...draft, state: 'submitted' }));
  expect(await screen.findByText('This request is no draft any more.')).toBeTruthy();
  expect(screen.queryByRole('form')).toBeNull();
});
