import { afterEach, expect, test, vi } from 'vitest';
import { placeOf, runQuery } from './query';

const query = { sql: 'SELECT 1', purpose: 'p', use: 'explore' as const };
const answer = (text: string) => new Response(text, { headers: { 'lockgate-query': 'q-1' } });
afterEach(() => vi.unstubAllGlobals());

test('rows come line by line, at most as many as asked, and it says that there are more', async () => {
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(answer('{"a":1,"b":null}\n{"a":2,"b":"x"}\n{"a":3,"b":"y"}\n'))));
  const result = await runQuery(query, 2, new AbortController().signal, () => undefined);
  expect(result).toEqual({ id: 'q-1', columns: ['a', 'b'], rows: [[1, null], [2, 'x']], isCut: true });
});

test('a refusal is the server’s own problem', async () => {
  const problem = { status: 403, code: 'catalog.no_grant', detail: 'no grant' };
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(JSON.stringify(problem), { status: 403 }))));
  await expect(runQuery(query, 2, new AbortController().signal, () => undefined)).rejects.toMatchObject(problem);
});

test('a mistake points at its token', () => {
  const detail = 'no column `recrod_id` at line 2, column 8\n  SELECT recrod_id\n         ^^^^^^^^^';
  expect(placeOf({ status: 400, code: 'query.sql', detail })).toEqual({ line: 2, column: 8, length: 9, text: 'no column recrod_id at line 2, column 8' });
  expect(placeOf({ status: 400, code: 'query.sql', detail: 'too long' })).toBeNull();
});
