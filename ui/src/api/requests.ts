import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Paged, Schema } from './types';

/** How a column is seen. What is left out of a request or a grant stands as `left_out` only where all columns are listed. */
export type ColumnTerm = Schema<'ColumnTerm'>;
export type RowOp = Schema<'RowOp'>;
export type Rule = Schema<'RowRule'>;
export type ColumnAs = Schema<'ColumnAs'>;
export type Scope = Schema<'ScopeView'>;
/** What an approval narrows; the server takes what is left out as it was asked. */
export type Terms = Partial<Schema<'Terms'>>;
/** Returns the terms with every part said, as the document asks. */
export const wholeTerms = (terms: Terms): Schema<'Terms'> => ({ columns: {}, row_filter: [], until: null, ...terms });
export type Decision = Schema<'Decision'>;
export type Use = Schema<'Use'>;
export type PurposeView = Schema<'PurposeView'>;
export type RequestItem = Schema<'RequestItem'>;
export type RequestView = Schema<'RequestView'>;
export type Effect = Schema<'EffectView'>;
export type NewRequest = Schema<'NewRequestBody'>;
/** What a request asks for instead: all of it, of the same object, for the same. */
export type EditedRequest = Schema<'EditRequestBody'>;
export type NewPurpose = Schema<'NewPurpose'>;

export type InboxView = 'waiting' | 'mine' | 'decided';
export const requestsQuery = (search: { view?: InboxView; object?: string; cursor?: string; limit?: number }) =>
  queryOptions({
    queryKey: ['requests', search],
    queryFn: () => ask(http.GET('/requests', { params: { query: search } })),
    placeholderData: keepPreviousData,
  });
export const requestQuery = (id: string) =>
  queryOptions({ queryKey: ['request', id], queryFn: () => ask(http.GET('/requests/{id}', { params: { path: { id } } })) });
export const requestHistoryQuery = (id: string) =>
  queryOptions({ queryKey: ['request', id, 'history'], queryFn: () => ask(http.GET('/requests/{id}/history', { params: { path: { id } } })) });
export const effectQuery = (id: string, terms: Terms) =>
  queryOptions({
    queryKey: ['request', id, 'effect', terms],
    queryFn: () => ask(http.POST('/requests/{id}/effect', { params: { path: { id } }, body: { terms: wholeTerms(terms) } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
export const purposesQuery = queryOptions({ queryKey: ['purposes'], queryFn: () => ask(http.GET('/purposes', { params: { query: { limit: 200 } } })) });
/** A page of the purposes, to list them; `purposesQuery` is to choose one and to name them. */
export const purposesPageQuery = (page: Paged = {}) => queryOptions({ queryKey: ['purposes', page], queryFn: () => ask(http.GET('/purposes', { params: { query: { limit: 50, ...page } } })), placeholderData: keepPreviousData });
export const purposeQuery = (id: string) =>
  queryOptions({ queryKey: ['purposes', id], queryFn: () => ask(http.GET('/purposes/{id}', { params: { path: { id } } })) });

const at = (id: string) => ({ params: { path: { id } } });
export const newRequest = (body: NewRequest) => ask(http.POST('/requests', { body, headers: onceKey() }));
export const editRequest = (id: string, body: EditedRequest) => ask(http.POST('/requests/{id}/edit', { ...at(id), body }));
export const newPurpose = (body: NewPurpose) => ask(http.POST('/purposes', { body, headers: onceKey() }));
export const decide = (id: string, body: Decision) => ask(http.POST('/requests/{id}/decide', { ...at(id), body }));
export const submit = (id: string) => ask(http.POST('/requests/{id}/submit', at(id)));
export const withdraw = (id: string) => ask(http.POST('/requests/{id}/withdraw', at(id)));
