import { saveFile } from '@/lib/save';
import { ask, http, problemOf, sendRaw } from './client';
import type { Problem, Schema } from './types';

/** What a query answered so far. The columns are those of its first row. */
export type Result = { id: string | null; columns: string[]; rows: unknown[][]; isCut: boolean };
/** A query: SQL for a purpose and a use, under the grants named where several fit; without a limit the server's own holds. */
export type Query = Pick<Schema<'QueryBody'>, 'sql' | 'purpose' | 'use' | 'grants'>;
/** Where the server found a mistake in the SQL. Lines and columns count from 1. */
export type Place = { line: number; column: number; length: number; text: string };

/** Returns the place that a problem's words and carets point at. */
export function placeOf(problem: Problem | undefined): Place | null {
  const found = /line (\d+), column (\d+)/i.exec(problem?.detail ?? '');
  if (!problem || !found) return null;
  const length = /\^+/.exec(problem.detail)?.[0].length ?? 1;
  return { line: Number(found[1]), column: Number(found[2]), length, text: (problem.detail.split('\n')[0] ?? '').replaceAll('`', '') };
}

/** Runs a query and reads at most `most` rows as they come; `onRows` hears of them now and then. */
export async function runQuery(query: Query, most: number, signal: AbortSignal, onRows: (result: Result) => void): Promise<Result> {
  // One row more than shown tells whether there are more.
  const response = await sendRaw('/query', { ...query, limit: most + 1 }, 'application/x-ndjson', signal);
  const result: Result = { id: response.headers.get('lockgate-query'), columns: [], rows: [], isCut: false };
  onRows(result);
  let told = 0;
  for await (const row of rowsOf(response, result.id)) {
    if (result.columns.length === 0) result.columns = Object.keys(row);
    if (result.rows.length >= most) {
      result.isCut = true;
      continue;
    }
    result.rows.push(result.columns.map((name) => row[name]));
    if (result.rows.length - told >= 500) onRows({ ...result, rows: result.rows.slice(0, (told = result.rows.length)) });
  }
  return result;
}

/** Returns why a stream broke off: the server keeps the reason beside the query. */
async function whyBroken(id: string | null, failure: unknown): Promise<unknown> {
  if (failure instanceof DOMException || !id) return failure;
  const query = await ask(http.GET('/queries/{id}', { params: { path: { id } } })).catch(() => null);
  const why = query?.error;
  return why ? { ...why, status: 0 } : problemOf(failure);
}

async function* rowsOf(response: Response, id: string | null): AsyncGenerator<Record<string, unknown>> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    let piece: ReadableStreamReadResult<string>;
    try {
      piece = await reader.read();
    } catch (failure) {
      throw await whyBroken(id, failure);
    }
    rest += piece.value ?? '';
    const lines = rest.split('\n');
    rest = piece.done ? '' : (lines.pop() ?? '');
    for (const line of lines) if (line.trim()) yield JSON.parse(line) as Record<string, unknown>;
    if (piece.done) return;
  }
}

/** Stops a running query. */
export const cancelQuery = (id: string) => ask(http.POST('/queries/{id}/cancel', { params: { path: { id } } }));

/** Saves the whole answer of a query as a CSV file. */
export async function downloadCsv(query: Query): Promise<void> {
  const response = await sendRaw('/query', query, 'text/csv');
  saveFile(await response.blob(), 'lockgate-query.csv');
}
