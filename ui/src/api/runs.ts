import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LogLine } from '@/components';
import { ask, http, onceKey } from './client';
import type { Schema } from './types';

export type RunView = Schema<'RunView'>;
export type StepView = Schema<'StepView'>;
export type AttemptView = Schema<'AttemptView'>;
export type KeyView = Schema<'KeyView'>;
export type NewRun = Schema<'RunBody'>;
/** What a list of runs is narrowed to. */
export type RunFilter = { project?: string; environment?: string; pipeline?: string; state?: RunView['state']; cursor?: string; limit?: number };

export const runsQuery = (filter: RunFilter) => queryOptions({ queryKey: ['runs', 'list', filter], queryFn: () => ask(http.GET('/runs', { params: { query: filter } })), placeholderData: keepPreviousData });
export const runQuery = (id: string) => queryOptions({ queryKey: ['runs', id], queryFn: () => ask(http.GET('/runs/{id}', { params: { path: { id } } })) });
export const keyQuery = (id: string, step: string) => queryOptions({ queryKey: ['runs', id, 'key', step], queryFn: () => ask(http.GET('/runs/{id}/steps/{step}/key', { params: { path: { id, step } } })) });
export const startRun = (body: NewRun) => ask(http.POST('/runs', { body, headers: onceKey() }));
export const cancelRun = (id: string) => ask(http.POST('/runs/{id}/cancel', { params: { path: { id } } }));
/** Returns whether a run has not ended yet. */
export const isUnderWay = (run: { ended_at?: string | null } | null | undefined) => !!run && !run.ended_at;
const path = (...parts: string[]) => `/api/v1/${parts.map(encodeURIComponent).join('/')}`;
/** Where the bytes of an output lie. */
export const outputHref = (id: string, step: string, name: string) => path('runs', id, 'steps', step, 'outputs', name);
/** Where a step's log lies, as the API answers it. */
export const logHref = (id: string, step: string, attempt?: number) => `${path('runs', id, 'steps', step, 'logs')}${attempt ? `?attempt=${attempt}` : ''}`;

/** The lines of a step's log as they are written; the browser itself connects again and says where it was. */
export function useLog(id: string, step: string, attempt: number | undefined): { lines: LogLine[]; isLive: boolean } {
  const [log, setLog] = useState<{ lines: LogLine[]; isLive: boolean }>({ lines: [], isLive: true });
  useEffect(() => {
    setLog({ lines: [], isLive: attempt !== undefined });
    if (attempt === undefined) return undefined;
    const source = new EventSource(`${path('runs', id, 'steps', step, 'logs', 'stream')}?attempt=${attempt}`);
    let waiting: LogLine[] = [];
    let next = 0;
    const flush = () => {
      if (waiting.length === 0) return;
      const fresh = waiting;
      waiting = [];
      setLog((old) => ({ ...old, lines: [...old.lines, ...fresh] }));
    };
    const timer = setInterval(flush, 150);
    source.onmessage = (event) => {
      const line = JSON.parse(String(event.data)) as LogLine;
      if (line.n < next) return; // after a reconnect, what was there already
      next = line.n + 1;
      waiting.push(line);
    };
    source.addEventListener('end', () => {
      source.close();
      flush();
      setLog((old) => ({ ...old, isLive: false }));
    });
    return () => {
      clearInterval(timer);
      source.close();
    };
  }, [id, step, attempt]);
  return log;
}
