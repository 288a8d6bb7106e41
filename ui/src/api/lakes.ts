import { queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Next, Page } from './types';

export type CrawlView = {
  id: string; lake: string; state: string; started_at: string; ended_at?: string | null; done: number; total?: number | null; text?: string;
  tables_found?: number; tables_changed?: number; files_read?: number; files_skipped?: number; broken: { path: string; reason: string }[];
};
export type LakeView = {
  id: string; root: string; folder: string; team: string; description: string; datasets: number; last_crawl?: CrawlView | null; next: Next;
};
export type NewLake = { name: string; root: string; folder: string; team: string; description: string };

export const lakesQuery = queryOptions({ queryKey: ['lakes'], queryFn: () => ask<Page<LakeView>>(http.GET('/lakes')) });
export const lakeQuery = (id: string) =>
  queryOptions({ queryKey: ['lakes', id], queryFn: () => ask<LakeView>(http.GET('/lakes/{id}', { params: { path: { id } } })) });
export const crawlsQuery = (id: string) =>
  queryOptions({ queryKey: ['lakes', id, 'crawls'], queryFn: () => ask<Page<CrawlView>>(http.GET('/lakes/{id}/crawls', { params: { path: { id } } })) });
export const isCrawling = (crawl: CrawlView | null | undefined) => !!crawl && !crawl.ended_at && !['done', 'dead', 'failed'].includes(crawl.state);
export const connectLake = (body: NewLake) => ask<LakeView>(http.POST('/lakes', { body, headers: onceKey() }));
export const crawlLake = (id: string) => ask<CrawlView>(http.POST('/lakes/{id}/crawl', { params: { path: { id } }, headers: onceKey() }));
