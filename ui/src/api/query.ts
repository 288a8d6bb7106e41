import { isProblem, problemOf, sendRaw } from './client';
import type { Problem } from './types';

/** A column of a result. */
export type ResultColumn = { name: string; type: string };
/** What a query answered so far. */
export type Result = { id: string | null; columns: ResultColumn[]; rows: unknown[][]; isCut: boolean };
/** A query: SQL for a purpose and a use, with grants named where several fit. */
export type Query = { sql: string; purpose: string; use: string; grants?: string[]; limit: number };
/** A problem that may say where in the SQL it lies; lines and columns count from 1. */
export type QueryProblem = Problem & { position?: { line: number; column: number; length?: number | null } | null };

const json = 'application/x-ndjson';

type Line = Record<string, unknown>;
const columnsOf = (line: Line): ResultColumn[] => Object.entries(line).map(([name, value]) => ({ name, type: typeof value }));

/** Runs a query and reads its rows as they come; `onRows` hears of them now and then. Aborting it cancels the query. */
export async function runQuery(query: Query, signal: AbortSignal, onRows: (result: Result) => void): Promise<Result> {
  const response = await sendRaw('/query', { ...query, limit: query.limit + 1 }, json, signal);
  const result: Result = { id: response.headers.get('x-lockgate-query'), columns: [], rows: [], isCut: false };
  const given = response.headers.get('x-lockgate-columns');
  if (given) result.columns = JSON.parse(given) as ResultColumn[];
  let told = 0;
  for await (const line of lines(response)) {
    if (isProblem(line['error'])) throw line['error'];
    if (isProblem(line)) throw line;
    if (result.columns.length === 0) result.columns = columnsOf(line);
    if (result.rows.length >= query.limit) {
      result.isCut = true;
      continue;
    }
    result.rows.push(result.columns.map(({ name }) => line[name]));
    if (result.rows.length - told >= 500) onRows({ ...result, rows: result.rows.slice(0, (told = result.rows.length)) });
  }
  return result;
}

async function* lines(response: Response): AsyncGenerator<Line> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      rest += value ?? '';
      const found = rest.split('\n');
      rest = done ? '' : (found.pop() ?? '');
      for (const line of found) if (line.trim()) yield JSON.parse(line) as Line;
      if (done) return;
    }
  } catch (failure) {
    throw failure instanceof DOMException ? failure : problemOf(failure);
  }
}

/** Saves the whole answer of a query as a CSV file. */
export async function downloadCsv(query: Query): Promise<void> {
  const response = await sendRaw('/query', query, 'text/csv');
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = 'lockgate-query.csv';
  link.click();
  URL.revokeObjectURL(address);
}
