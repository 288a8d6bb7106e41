import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Schema } from './types';

export type GrantView = Schema<'GrantView'>;
export type GrantSearch = { object?: string; principal?: string; state?: Schema<'GrantStanding'>; mine?: boolean; cursor?: string; limit?: number };
export type GrantVerb = 'revoke' | 'suspend' | 'resume';

const at = (id: string) => ({ params: { path: { id } } });
export const grantsQuery = (search: GrantSearch) =>
  queryOptions({
    queryKey: ['grants', search],
    queryFn: () => ask(http.GET('/grants', { params: { query: search } })),
    placeholderData: keepPreviousData,
  });
export const grantQuery = (id: string) => queryOptions({ queryKey: ['grant', id], queryFn: () => ask(http.GET('/grants/{id}', at(id))) });
export const grantHistoryQuery = (id: string) => queryOptions({ queryKey: ['grant', id, 'history'], queryFn: () => ask(http.GET('/grants/{id}/history', at(id))) });
/** Lets a grant go on; `levels` are those that its page showed. */
export const resumeGrant = (id: string, levels: GrantView['levels']) => ask(http.POST('/grants/{id}/resume', { ...at(id), body: { levels } }));
export const stopGrant = (id: string, verb: 'revoke' | 'suspend', reason: string) =>
  verb === 'revoke'
    ? ask(http.POST('/grants/{id}/revoke', { ...at(id), body: { reason } }))
    : ask(http.POST('/grants/{id}/suspend', { ...at(id), body: { reason } }));
