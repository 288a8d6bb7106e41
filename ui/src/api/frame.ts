import { queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Page } from './types';

/** How the audit log stands. */
export type ChainView = { intact: boolean; sealed: number; unsealed: number; checkpoint?: { seq: number; at: string; hash: string } | null };

/** The state of the audit chain, for the foot of the rail. */
export const chainQuery = queryOptions({
  queryKey: ['audit', 'status'],
  queryFn: () => ask<ChainView>(http.GET('/audit/status')),
  refetchInterval: 60_000,
});

/** How many requests wait for the viewer's decision. */
export const waitingQuery = queryOptions({
  queryKey: ['requests', 'waiting', 'count'],
  queryFn: () => ask<Page<unknown>>(http.GET('/requests', { params: { query: { view: 'waiting', limit: 1 } } })),
  refetchInterval: 30_000,
});
