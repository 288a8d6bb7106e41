/** The models that are live: what may be called, and by whom. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Schema } from './types';

export type LiveModelView = Schema<'LiveModelView'>;
export type LiveModelMetric = Schema<'LiveModelMetric'>;
export type LiveModelSearch = { search?: string; cursor?: string; limit?: number };

/** The live models that match, a page at a time; old rows stay while the next ones load. */
export const liveModelsQuery = (search: LiveModelSearch = {}) =>
  queryOptions({ queryKey: ['live-models', 'list', search], queryFn: () => ask(http.GET('/live-models', { params: { query: search } })), placeholderData: keepPreviousData });
/** The card of a live model, by its endpoint, `prod.credit-risk`. */
export const liveModelQuery = (endpoint: string) =>
  queryOptions({ queryKey: ['live-models', endpoint], queryFn: () => ask(http.GET('/live-models/{endpoint}', { params: { path: { endpoint } } })), enabled: endpoint !== '' });
