import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { HistoryLine } from './datasets';
import type { ColumnAs, Rule } from './requests';
import type { Next, Page } from './types';

export type GrantView = {
  id: string; state: string; ends_soon: boolean; kind: string; object: string; principal: string; request?: string | null; purpose: string; uses: string[];
  columns: ColumnAs[]; row_filter: Rule[]; rows: string; starts_at: string; expires_at: string; ended?: { by: string; at: string; reason: string } | null; created_at: string; next: Next;
};
export type GrantSearch = { object?: string; principal?: string; state?: string; mine?: boolean; cursor?: string; limit?: number };
export type GrantVerb = 'revoke' | 'suspend' | 'resume';

const at = (id: string) => ({ params: { path: { id } } });
export const grantsQuery = (search: GrantSearch) =>
  queryOptions({
    queryKey: ['grants', search],
    queryFn: () => ask<Page<GrantView>>(http.GET('/grants', { params: { query: search } })),
    placeholderData: keepPreviousData,
  });
export const grantQuery = (id: string) => queryOptions({ queryKey: ['grant', id], queryFn: () => ask<GrantView>(http.GET('/grants/{id}', at(id))) });
export const grantHistoryQuery = (id: string) => queryOptions({ queryKey: ['grant', id, 'history'], queryFn: () => ask<HistoryLine[]>(http.GET('/grants/{id}/history', at(id))) });
export const resumeGrant = (id: string) => ask<GrantView>(http.POST('/grants/{id}/resume', at(id)));
export const stopGrant = (id: string, verb: 'revoke' | 'suspend', reason: string) =>
  verb === 'revoke'
    ? ask<GrantView>(http.POST('/grants/{id}/revoke', { ...at(id), body: { reason } }))
    : ask<GrantView>(http.POST('/grants/{id}/suspend', { ...at(id), body: { reason } }));
