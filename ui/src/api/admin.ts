import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Page } from './types';

export type PersonView = { id: string; name: string; state: string; groups: string[]; has_password: boolean; created_at: string; locked_until?: string | null };
export type LinkView = { person: string; link: string; path: string; expires_at: string };
export type GroupView = { id: string; title: string; role?: string | null; builtin: boolean; members: { person: string; added_by: string; added_at: string }[]; may_change: boolean };
export type TokenView = { id: string; name: string; kind: string; state: string; person?: string | null; environment?: string | null; created_by: string; created_at: string; expires_at: string };
export type NewToken = TokenView & { token: string };
export type AssignmentView = { id: string; principal: string; role: string; scope: string; given_by: string; given_at: string; ended_at?: string | null };
export type AuditEntry = {
  id: number; seq?: number | null; at: string; actor: string; on_behalf_of?: string | null; action: string; resource: string; outcome: string; grant?: string | null;
  purpose?: string | null; reason?: string | null; before?: unknown; after?: unknown; request_id?: string | null; origin?: string | null; hash?: string | null;
};
export type AuditSearch = { actor?: string; action?: string; resource?: string; outcome?: string; cursor?: string };

const all = { params: { query: { limit: 200 } } };
export const peopleQuery = queryOptions({ queryKey: ['people'], queryFn: () => ask<Page<PersonView>>(http.GET('/people', all)) });
export const groupsQuery = queryOptions({ queryKey: ['groups'], queryFn: () => ask<Page<GroupView>>(http.GET('/groups', all)) });
export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: () => ask<Page<TokenView>>(http.GET('/tokens', all)) });
export const assignmentsQuery = queryOptions({ queryKey: ['role-assignments'], queryFn: () => ask<Page<AssignmentView>>(http.GET('/role-assignments', all)) });
export const auditQuery = (search: AuditSearch) =>
  queryOptions({
    queryKey: ['audit', 'entries', search],
    queryFn: () => ask<Page<AuditEntry>>(http.GET('/audit/entries', { params: { query: { ...search, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });

const at = (path: Record<string, string>) => ({ params: { path } });
export const addPerson = (body: { id: string; name?: string }) => ask<PersonView>(http.POST('/people', { body, headers: onceKey() }));
export const makeLink = (id: string) => ask<LinkView>(http.POST('/people/{id}/link', { ...at({ id }), headers: onceKey() }));
export const deactivatePerson = (id: string) => ask<PersonView>(http.POST('/people/{id}/deactivate', at({ id })));
export const addMember = (id: string, person: string) => ask<unknown>(http.POST('/groups/{id}/members', { ...at({ id }), body: { person } }));
export const removeMember = (id: string, person: string) => ask<unknown>(http.POST('/groups/{id}/members/{person}/remove', at({ id, person })));
export const newToken = (body: { name: string; ttl_seconds: number }) => ask<NewToken>(http.POST('/tokens', { body, headers: onceKey() }));
export const revokeToken = (id: string) => ask<unknown>(http.POST('/tokens/{id}/revoke', at({ id })));
export const assignRole = (body: { principal: string; role: string; scope: string }) => ask<AssignmentView>(http.POST('/role-assignments', { body, headers: onceKey() }));
export const endAssignment = (id: string) => ask<unknown>(http.POST('/role-assignments/{id}/end', at({ id })));
