import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Paged, Schema } from './types';

export type Span = Schema<'Range'>;
export type Hit = Schema<'DatasetHit'>;
export type HitPage = Schema<'SearchPage'>;
export type DatasetView = Schema<'DatasetView'>;
export type ColumnView = Schema<'ColumnView'>;
export type ColumnProfile = Schema<'ColumnProfile'>;
export type VersionView = Schema<'VersionView'>;
export type Level = Schema<'Level'>;
export type HistoryLine = Schema<'HistoryLine'>;
export type DatasetSearch = { q?: string; lake?: string; team?: string; level?: string; access?: string; cursor?: string };

/** The datasets that match, a page at a time; old rows stay while the next ones load. */
export const datasetsQuery = (search: DatasetSearch, limit = 50) =>
  queryOptions({
    queryKey: ['datasets', search, limit],
    queryFn: () => ask(http.GET('/datasets', { params: { query: { ...search, limit } } })),
    placeholderData: keepPreviousData,
  });
const under = (id: string, part: string) => ['dataset', id, part];
export const datasetQuery = (id: string) =>
  queryOptions({ queryKey: ['dataset', id], queryFn: () => ask(http.GET('/datasets/{id}', { params: { path: { id } } })) });
export const columnsQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'columns'), queryFn: () => ask(http.GET('/datasets/{id}/columns', { params: { path: { id } } })) });
export const profileQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'profile'), queryFn: () => ask(http.GET('/datasets/{id}/profile', { params: { path: { id } } })) });
export const versionsQuery = (id: string, page: Paged = {}) =>
  queryOptions({ queryKey: [...under(id, 'versions'), page], queryFn: () => ask(http.GET('/datasets/{id}/versions', { params: { path: { id }, query: { limit: 50, ...page } } })), placeholderData: keepPreviousData });
/** What was done to a dataset, the newest first. */
export const datasetHistoryQuery = (id: string) =>
  queryOptions({ queryKey: under(id, 'history'), queryFn: () => ask(http.GET('/datasets/{id}/history', { params: { path: { id } } })) });
export const classify = (id: string, column: string, body: Schema<'Classification'>) =>
  ask(http.POST('/datasets/{id}/columns/{column}/classify', { params: { path: { id, column } }, body }));
export const describeDataset = (id: string, body: Schema<'Description'>) => ask(http.POST('/datasets/{id}/describe', { params: { path: { id } }, body }));
export const setRecordKey = (id: string, body: Schema<'RecordKey'>) => ask(http.POST('/datasets/{id}/record-key', { params: { path: { id } }, body }));
export const setVisibility = (id: string, body: Schema<'VisibilityChange'>) => ask(http.POST('/datasets/{id}/visibility', { params: { path: { id } }, body }));
