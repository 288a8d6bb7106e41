import { queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';

/** The state of the audit chain, for the foot of the rail. */
export const chainQuery = queryOptions({ queryKey: ['audit', 'status'], queryFn: () => ask(http.GET('/audit/status')), refetchInterval: 60_000 });

/** How many requests wait for the viewer's decision. */
export const waitingQuery = queryOptions({
  queryKey: ['requests', 'waiting', 'count'],
  queryFn: () => ask(http.GET('/requests', { params: { query: { view: 'waiting', limit: 1 } } })),
  refetchInterval: 30_000,
});
