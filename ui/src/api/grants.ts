import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { HistoryEntry } from './datasets';
import type { ColumnTerm, Rule } from './requests';
import type { Next, Page } from './types';

export type GrantView = {
  id: string; state: string; kind: string; object: string; principal: string; request?: string | null; purpose: { id: string; name: string }; uses: string[];
  columns: Record<string, ColumnTerm>; row_filter: Rule[]; starts_at: string; expires_at: string; given_by: string; reason?: string | null; next: Next; verbs: string[];
};
export type GrantSearch = { object?: string; principal?: string; state?: string; mine?: boolean; cursor?: string; limit?: number };
export const grantsQuery = (search: GrantSearch) =>
  queryOptions({
    queryKey: ['grants', search],
    queryFn: () => ask<Page<GrantView>>(http.GET('/grants', { params: { query: search } })),
    placeholderData: keepPreviousData,
  });
export const grantQuery = (id: string) =>
  queryOptions({ queryKey: ['grant', id], queryFn: () => ask<GrantView>(http.GET('/grants/{id}', { params: { path: { id } } })) });
export const grantHistoryQuery = (id: string) =>
  queryOptions({ queryKey: ['grant', id, 'history'], queryFn: () => ask<Page<HistoryEntry>>(http.GET('/grants/{id}/history', { params: { path: { id } } })) });
export type GrantVerb = 'revoke' | 'suspend' | 'resume';
export const actOnGrant = (id: string, verb: GrantVerb, reason: string) =>
  ask<GrantView>(http.POST(`/grants/{id}/${verb}`, { params: { path: { id } }, body: { reason } }));
