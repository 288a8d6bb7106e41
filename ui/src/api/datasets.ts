import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Next, Page } from './types';

export type YourAccess = { state: 'readable' | 'asked' | 'scheduled' | 'none'; text: string; until?: string | null };
export type FacetCount = { value: string; count: number };
export type Hit = {
  id: string; lake: string; team: string; description: string; state: string; visibility: string; level: string;
  columns: number; sensitive: number; rows?: number | null; fresh_at?: string | null; access: YourAccess;
  matched_columns: string[];
};
export type HitPage = Page<Hit> & { took_ms?: number; facets: Record<string, FacetCount[]>; suggestion?: string | null };
export type DatasetView = {
  id: string; lake: string; schema: string; table: string; description: string; state: string; visibility: string; team: string;
  stewards: string[]; level: string; version?: number | null; rows?: number | null; partitions?: number | null; files?: number | null; size_bytes?: number | null;
  fresh_at?: string | null; crawled_at?: string | null; columns: number; next: Next; access: YourAccess;
};
export type ColumnView = {
  name: string; type: string; description: string; level: string; source: string; rule?: string | null; confidence?: number | null;
  for_you: 'clear' | 'masked' | 'check' | 'not_granted';
};
export type ColumnProfile = {
  name: string; shown: boolean; why_not?: string | null; rows: number; nulls?: number | null; distinct?: number | null;
  min?: string | null; max?: string | null; quantiles?: [share: number, value: string][]; counts?: number[]; labels?: string[]; edges?: number[];
};
export type VersionView = { number: number; at: string; rows?: number | null; files: number; size_bytes?: number | null; change: string; summary: string };
export type HistoryEntry = { at: string; by: string; verb: string; text: string };
export type DatasetSearch = { q?: string; lake?: string[]; team?: string[]; level?: string[]; access?: string[]; cursor?: string };

/** The datasets that match, a page at a time; old rows stay while the next ones load. */
export const datasetsQuery = (search: DatasetSearch, limit = 50) =>
  queryOptions({
    queryKey: ['datasets', search, limit],
    queryFn: () => ask<HitPage>(http.GET('/datasets', { params: { query: { ...search, limit } } })),
    placeholderData: keepPreviousData,
  });
const under = (id: string, part: string) => ['dataset', id, part];
export const datasetQuery = (id: string) =>
  queryOptions({ queryKey: ['dataset', id], queryFn: () => ask<DatasetView>(http.GET('/datasets/{id}', { params: { path: { id } } })) });
export const columnsQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'columns'), queryFn: () => ask<Page<ColumnView>>(http.GET('/datasets/{id}/columns', { params: { path: { id } } })) });
export const profileQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'profile'), queryFn: () => ask<Page<ColumnProfile>>(http.GET('/datasets/{id}/profile', { params: { path: { id } } })) });
export const versionsQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'versions'), queryFn: () => ask<Page<VersionView>>(http.GET('/datasets/{id}/versions', { params: { path: { id } } })) });
export const datasetHistoryQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'history'), queryFn: () => ask<Page<HistoryEntry>>(http.GET('/datasets/{id}/history', { params: { path: { id } } })) });

export const classify = (id: string, column: string, body: { level: string; reason?: string }) =>
  ask<unknown>(http.POST('/datasets/{id}/columns/{column}/classify', { params: { path: { id, column } }, body }));
export const describeDataset = (id: string, body: { description: string }) => ask<unknown>(http.POST('/datasets/{id}/describe', { params: { path: { id } }, body }));
export const setVisibility = (id: string, body: { visibility: string }) => ask<unknown>(http.POST('/datasets/{id}/visibility', { params: { path: { id } }, body }));
