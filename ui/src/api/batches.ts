/** Batch jobs: an endpoint that scores datasets into another. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Schema } from './types';

export type BatchView = Schema<'BatchView'>;
export type BatchOutcome = Schema<'BatchOutcome'>;
export type NewBatch = Schema<'NewBatchBody'>;

const at = (id: string) => ({ params: { path: { id } } });
export const batchesQuery = (project: string, cursor?: string) =>
  queryOptions({ queryKey: ['batches', project, cursor], queryFn: () => ask(http.GET('/batches', { params: { query: { project, ...(cursor ? { cursor } : {}) } } })), placeholderData: keepPreviousData });
export const createBatch = (body: NewBatch) => ask(http.POST('/batches', { body, headers: onceKey() }));
export const startBatch = (id: string) => ask(http.POST('/batches/{id}/start', at(id)));
export const removeBatch = (id: string) => ask(http.POST('/batches/{id}/remove', at(id)));
/** The verbs on a batch job, as `GET /me` names them. */
export const batchVerbs = { create: 'CreateBatch', remove: 'RemoveBatch' } as const;
