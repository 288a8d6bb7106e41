import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Paged, Schema } from './types';

export type CrawlView = Schema<'CrawlView'>;
export type LakeView = Schema<'LakeView'>;
export type NewLake = Schema<'NewLake'>;

const at = (id: string) => ({ params: { path: { id } } });
export const lakesQuery = queryOptions({ queryKey: ['lakes'], queryFn: () => ask(http.GET('/lakes', { params: { query: { limit: 200 } } })) });
/** A page of the lakes, to list them. */
export const lakesPageQuery = (page: Paged = {}) => queryOptions({ queryKey: ['lakes', page], queryFn: () => ask(http.GET('/lakes', { params: { query: { limit: 50, ...page } } })), placeholderData: keepPreviousData });
export const rootsQuery = queryOptions({ queryKey: ['roots'], queryFn: () => ask(http.GET('/roots')) });
export const lakeQuery = (id: string) => queryOptions({ queryKey: ['lakes', id], queryFn: () => ask(http.GET('/lakes/{id}', at(id))) });
export const crawlsQuery = (id: string, page: Paged = {}) =>
  queryOptions({ queryKey: ['lakes', id, 'crawls', page], queryFn: () => ask(http.GET('/lakes/{id}/crawls', { params: { path: { id }, query: { limit: 20, ...page } } })), placeholderData: keepPreviousData });
export const crawlQuery = (id: string) => queryOptions({ queryKey: ['crawls', id], queryFn: () => ask(http.GET('/crawls/{id}', at(id))) });
/** Returns whether a crawl has not ended yet. */
export const isCrawling = (crawl: CrawlView | null | undefined) => !!crawl && !crawl.ended_at;
export const connectLake = (body: NewLake) => ask(http.POST('/lakes', { body, headers: onceKey() }));
export const crawlLake = (id: string) => ask(http.POST('/lakes/{id}/crawl', { ...at(id), headers: onceKey() }));
