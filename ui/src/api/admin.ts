import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Paged, Schema } from './types';

export type PersonView = Schema<'PersonView'>;
export type GroupView = Schema<'GroupView'>;
export type TokenView = Schema<'TokenView'>;
export type AssignmentView = Schema<'RoleAssignmentView'>;
export type AuditEntry = Schema<'EntryView'>;
export type Role = Schema<'Role'>;
export type Outcome = Schema<'Outcome'>;
export type AuditSearch = { actor?: string; action?: string; resource?: string; outcome?: Outcome; cursor?: string };

const all = { params: { query: { limit: 200 } } };
export const peopleQuery = queryOptions({ queryKey: ['people'], queryFn: () => ask(http.GET('/people', all)) });
/** A page of the people, to list them; `peopleQuery` is to choose one. */
export const peoplePageQuery = (page: Paged = {}) => queryOptions({ queryKey: ['people', page], queryFn: () => ask(http.GET('/people', { params: { query: { limit: 50, ...page } } })), placeholderData: keepPreviousData });
export const groupsQuery = queryOptions({ queryKey: ['groups'], queryFn: () => ask(http.GET('/groups')) });
export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: () => ask(http.GET('/tokens', all)) });
export const assignmentsQuery = (page: Paged = {}) => queryOptions({ queryKey: ['role-assignments', page], queryFn: () => ask(http.GET('/role-assignments', { params: { query: { limit: 50, ...page } } })), placeholderData: keepPreviousData });
export const auditQuery = (search: AuditSearch) =>
  queryOptions({
    queryKey: ['audit', 'entries', search],
    queryFn: () => ask(http.GET('/audit/entries', { params: { query: { ...search, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });

const at = (id: string) => ({ params: { path: { id } } });
export const addPerson = (body: Schema<'PersonOrder'>) => ask(http.POST('/people', { body, headers: onceKey() }));
export const makeLink = (id: string) => ask(http.POST('/people/{id}/link', { ...at(id), headers: onceKey() }));
export const deactivatePerson = (id: string) => ask(http.POST('/people/{id}/deactivate', at(id)));
export const addMember = (id: string, person: string) => ask(http.POST('/groups/{id}/members', { ...at(id), body: { person } }));
export const removeMember = (id: string, person: string) => ask(http.POST('/groups/{id}/members/{person}/remove', { params: { path: { id, person } } }));
export const newToken = (body: Schema<'TokenOrder'>) => ask(http.POST('/tokens', { body, headers: onceKey() }));
export const revokeToken = (id: string) => ask(http.POST('/tokens/{id}/revoke', at(id)));
export const assignRole = (body: Schema<'AssignmentOrder'>) => ask(http.POST('/role-assignments', { body, headers: onceKey() }));
export const endAssignment = (id: string) => ask(http.POST('/role-assignments/{id}/end', at(id)));
