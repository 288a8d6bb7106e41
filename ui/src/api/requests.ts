import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { HistoryLine } from './datasets';
import type { Tone } from './states';
import type { Next, Page } from './types';

/** How a column is seen. What is left out of a request or a grant stands as `left_out` only where all columns are listed. */
export type ColumnTerm = 'clear' | 'token' | 'null' | 'check' | 'left_out';
export type RowOp = 'is' | 'is_not' | 'at_most' | 'at_least' | 'less' | 'more' | 'in' | 'is_empty';
type Literal = string | number | boolean;
export type Rule = { column: string; op: RowOp; value?: Literal | Literal[] | null };
export type ColumnAs = { name: string; as: ColumnTerm };
export type Scope = { columns: ColumnAs[]; row_filter: Rule[]; rows: string; starts_at?: string | null; expires_at: string };
export type Terms = { columns?: Record<string, ColumnTerm>; row_filter?: Rule[]; until?: string };
export type Decision = { decision: 'approve'; terms: Terms } | { decision: 'reject'; reason: string };
export type PurposeView = {
  id: string; name: string; text: string; lawful_basis: string; controller: string; impact_assessment?: string | null; allowed_uses: string[];
  retention_days: number; owner: string; created_at: string;
};
export type AskedColumn = { name: string; as: ColumnTerm; data_type: string; level: string; level_source: string };
export type RequestItem = {
  id: string; state: string; fact?: string | null; kind: 'read' | 'write' | 'use'; object: string; principal: string; asked_by: string; purpose: string; uses: string[];
  expires_at: string; created_at: string; submitted_at?: string | null; answer_by?: string | null; next: Next;
};
export type RequestView = Omit<RequestItem, 'purpose' | 'expires_at'> & {
  purpose?: PurposeView | null; text: string; asked: Scope; granted?: Scope | null; columns: AskedColumn[]; grant?: string | null; decided_by: string;
  approvals: { by: string; at: string }[]; approvals_needed?: number | null; decided?: { by: string; at: string; approved: boolean; reason?: string | null } | null;
};
export type Effect = {
  rows?: { kept: number; all: number } | null; rows_note?: string | null;
  columns: { name: string; level: string; asked: ColumnTerm; becomes: ColumnTerm; sees: string }[];
  summary: { clear: number; masked: number; check: number; left_out: number };
  narrower: string[]; affected: { text: string; detail: string }[]; if_nothing: string[]; findings: { tone: Tone; text: string }[];
  like_before: { id: string; state: string; at?: string | null; text: string }[];
};
export type NewRequest = {
  kind: string; object: string; principal?: string; purpose: string; uses: string[]; text: string; columns?: Record<string, ColumnTerm>;
  row_filter: Rule[]; starts_at?: string; expires_at: string; submit?: boolean;
};
export type NewPurpose = {
  id?: string; name: string; text: string; lawful_basis: string; controller: string; impact_assessment?: string | null; allowed_uses: string[]; retention_days: number;
};

export type InboxView = 'waiting' | 'mine' | 'decided';
export const requestsQuery = (search: { view?: InboxView; object?: string; cursor?: string; limit?: number }) =>
  queryOptions({
    queryKey: ['requests', search],
    queryFn: () => ask<Page<RequestItem>>(http.GET('/requests', { params: { query: search } })),
    placeholderData: keepPreviousData,
  });
export const requestQuery = (id: string) =>
  queryOptions({ queryKey: ['request', id], queryFn: () => ask<RequestView>(http.GET('/requests/{id}', { params: { path: { id } } })) });
export const requestHistoryQuery = (id: string) =>
  queryOptions({ queryKey: ['request', id, 'history'], queryFn: () => ask<HistoryLine[]>(http.GET('/requests/{id}/history', { params: { path: { id } } })) });
export const effectQuery = (id: string, terms: Terms) =>
  queryOptions({
    queryKey: ['request', id, 'effect', terms],
    queryFn: () => ask<Effect>(http.POST('/requests/{id}/effect', { params: { path: { id } }, body: { terms } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
export const purposesQuery = queryOptions({ queryKey: ['purposes'], queryFn: () => ask<Page<PurposeView>>(http.GET('/purposes', { params: { query: { limit: 200 } } })) });
export const purposeQuery = (id: string) =>
  queryOptions({ queryKey: ['purposes', id], queryFn: () => ask<PurposeView>(http.GET('/purposes/{id}', { params: { path: { id } } })) });

const verb = <T>(path: string, id: string, body: unknown = {}) => ask<T>(http.POST(path, { params: { path: { id } }, body }));
export const newRequest = (body: NewRequest) => ask<RequestView>(http.POST('/requests', { body, headers: onceKey() }));
export const newPurpose = (body: NewPurpose) => ask<PurposeView>(http.POST('/purposes', { body, headers: onceKey() }));
export const decide = (id: string, body: Decision) => verb<RequestView>('/requests/{id}/decide', id, body);
export const submit = (id: string) => verb<RequestView>('/requests/{id}/submit', id);
export const withdraw = (id: string) => verb<RequestView>('/requests/{id}/withdraw', id);
