import { queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Schema } from './types';

export type EndpointView = Schema<'EndpointView'>;
export type RolloutView = Schema<'RolloutView'>;

export const endpointsQuery = (cursor?: string) => queryOptions({ queryKey: ['endpoints', 'list', cursor], queryFn: () => ask(http.GET('/endpoints', { params: { query: cursor ? { cursor } : {} } })) });
/** An endpoint by its id, `prod.credit-risk`. */
export const endpointQuery = (id: string) => {
  const at = id.indexOf('.');
  const path = { environment: id.slice(0, at), name: id.slice(at + 1) };
  return queryOptions({ queryKey: ['endpoints', id], queryFn: () => ask(http.GET('/endpoints/{environment}/{name}', { params: { path } })), enabled: at > 0 });
};
