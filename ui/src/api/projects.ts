import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Paged, Schema } from './types';

export type ProjectView = Schema<'ProjectView'>;
export type EnvironmentView = Schema<'EnvironmentView'>;
export type CommitView = Schema<'CommitView'>;
export type TemplateView = Schema<'TemplateView'>;
export type NewProject = Schema<'NewProject'>;

const at = (id: string) => ({ params: { path: { id } } });
export const projectsQuery = (cursor?: string) => queryOptions({ queryKey: ['projects', 'list', cursor], queryFn: () => ask(http.GET('/projects', { params: { query: { ...(cursor ? { cursor } : {}) } } })), placeholderData: keepPreviousData });
export const projectQuery = (id: string) => queryOptions({ queryKey: ['projects', id], queryFn: () => ask(http.GET('/projects/{id}', at(id))) });
export const templatesQuery = queryOptions({ queryKey: ['templates'], queryFn: () => ask(http.GET('/templates')) });
export const templateQuery = (name: string) => queryOptions({ queryKey: ['templates', name], queryFn: () => ask(http.GET('/templates/{name}', { params: { path: { name } } })) });
export const branchesQuery = (id: string) => queryOptions({ queryKey: ['projects', id, 'branches'], queryFn: () => ask(http.GET('/projects/{id}/branches', at(id))) });
export const commitsQuery = (id: string, branch: string, page: Paged = {}) => queryOptions({ queryKey: ['projects', id, 'commits', branch, page], queryFn: () => ask(http.GET('/projects/{id}/commits', { params: { path: { id }, query: { branch, limit: 20, ...page } } })) });
export const filesQuery = (id: string, rev: string, path: string) => queryOptions({ queryKey: ['projects', id, 'files', rev, path], queryFn: () => ask(http.GET('/projects/{id}/files', { params: { path: { id }, query: { rev, path } } })), placeholderData: keepPreviousData });
export const pushesQuery = (id: string, page: Paged = {}) => queryOptions({ queryKey: ['projects', id, 'pushes', page], queryFn: () => ask(http.GET('/projects/{id}/pushes', { params: { path: { id }, query: { limit: 20, ...page } } })) });
export const createProject = (body: NewProject) => ask(http.POST('/projects', { body, headers: onceKey() }));
export const retryProject = (id: string) => ask(http.POST('/projects/{id}/retry', at(id)));
/** Returns whether a project is still being set up. */
export const isSettingUp = (project: Pick<ProjectView, 'state'>) => project.state === 'provisioning' || project.state === 'under_change';
