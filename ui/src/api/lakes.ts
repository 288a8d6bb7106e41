import { queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Next, Page } from './types';

export type BrokenView = { path: string; reason: string; line?: number | null };
export type CrawlView = {
  id: string; lake: string; state: string; asked_at: string; started_at?: string | null; ended_at?: string | null; reason?: string | null; done: number; total: number;
  tables_found: number; tables_changed: number; files_read: number; files_skipped: number; files_broken: number; broken: BrokenView[];
};
export type LakeView = { id: string; name: string; root: string; folder: string; team: string; description: string; datasets: number; last_crawl?: CrawlView | null; next: Next };
export type NewLake = { name: string; root: string; folder: string; team: string; description: string };

const at = (id: string) => ({ params: { path: { id } } });
export const lakesQuery = queryOptions({ queryKey: ['lakes'], queryFn: () => ask<Page<LakeView>>(http.GET('/lakes', { params: { query: { limit: 200 } } })) });
export const rootsQuery = queryOptions({ queryKey: ['roots'], queryFn: () => ask<{ roots: string[] }>(http.GET('/roots')) });
export const lakeQuery = (id: string) => queryOptions({ queryKey: ['lakes', id], queryFn: () => ask<LakeView>(http.GET('/lakes/{id}', at(id))) });
export const crawlsQuery = (id: string) => queryOptions({ queryKey: ['lakes', id, 'crawls'], queryFn: () => ask<Page<CrawlView>>(http.GET('/lakes/{id}/crawls', at(id))) });
export const crawlQuery = (id: string) => queryOptions({ queryKey: ['crawls', id], queryFn: () => ask<CrawlView>(http.GET('/crawls/{id}', at(id))) });
/** Returns whether a crawl has not ended yet. */
export const isCrawling = (crawl: CrawlView | null | undefined) => !!crawl && !crawl.ended_at;
export const connectLake = (body: NewLake) => ask<LakeView>(http.POST('/lakes', { body, headers: onceKey() }));
export const crawlLake = (id: string) => ask<CrawlView>(http.POST('/lakes/{id}/crawl', { ...at(id), headers: onceKey() }));
