import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Next, Page } from './types';

export type Span = { from: number; to: number };
export type Hit = {
  id: string; lake: string; team: string; description: string; state: string; visibility: string; level: string; columns: number; rows: number; version: number;
  fresh_at: string; access: { state: string }; matched_columns: { name: string; ranges: Span[] }[]; highlights: { name: Span[]; description: Span[] };
};
type FacetCount = { value: string; count: number };
export type HitPage = { items: Hit[]; next_cursor?: string | null; total: number; facets: { lake: FacetCount[]; team: FacetCount[]; level: FacetCount[]; access: FacetCount[] } };
export type DatasetView = {
  id: string; lake: string; schema: string; table: string; team: string; state: string; visibility: string; origin: string; description: string; level: string;
  version: number; rows: number; files: number; size_bytes: number; columns: number; partitions: string[]; found_at: string; fresh_at: string;
  access: { state: string; readable_columns: number; columns: number }; next: Next;
};
export type ColumnView = {
  name: string; position: number; type: string; nullable: boolean; partition: boolean; description: string; level: string; level_source: string;
  proposed_by: { rule: string; confidence: number } | null; for_you: string;
};
type Datum = number | string;
export type ColumnProfile = {
  name: string; data_type: string; rows: number; nulls: number; shown: boolean; why_not?: string | null; distinct?: number | null; distinct_exact?: boolean | null;
  min?: Datum | null; max?: Datum | null; mean?: Datum | null; standard_deviation?: number | null; quantiles?: { q: number; value: Datum }[];
  histogram?: { from: Datum; to: Datum; count: number }[]; top?: { value: string; count: number }[];
};
export type VersionView = { number: number; cut_at: string; change: string; summary: string; published_by?: string | null; digest: string; rows: number; files: number; size_bytes: number };
export type HistoryLine = { at: string; by: string; verb: string; state: string; text: string };
export type DatasetSearch = { q?: string; lake?: string; team?: string; level?: string; access?: string; cursor?: string };
type Columns = { dataset: string; version: number; items: ColumnView[] };
type Profile = { dataset: string; version: number; rows: number; columns: ColumnProfile[] };

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
  queryOptions({ queryKey: under(id, 'columns'), queryFn: () => ask<Columns>(http.GET('/datasets/{id}/columns', { params: { path: { id } } })) });
export const profileQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'profile'), queryFn: () => ask<Profile>(http.GET('/datasets/{id}/profile', { params: { path: { id } } })) });
export const versionsQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'versions'), queryFn: () => ask<Page<VersionView>>(http.GET('/datasets/{id}/versions', { params: { path: { id } } })) });
export const classify = (id: string, column: string, body: { level: string }) =>
  ask<unknown>(http.POST('/datasets/{id}/columns/{column}/classify', { params: { path: { id, column } }, body }));
export const describeDataset = (id: string, body: { description: string }) => ask<unknown>(http.POST('/datasets/{id}/describe', { params: { path: { id } }, body }));
export const setVisibility = (id: string, body: { visibility: string }) => ask<unknown>(http.POST('/datasets/{id}/visibility', { params: { path: { id } }, body }));
