import { queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Paged, Schema } from './types';

export type ChecksView = Schema<'ChecksView'>;
export type CheckView = Schema<'CheckView'>;

/** The checks of the commit that a branch is at. */
export const checksQuery = (id: string, branch: string) => queryOptions({ queryKey: ['projects', id, 'checks', branch], queryFn: () => ask(http.GET('/projects/{id}/checks', { params: { path: { id }, query: { branch } } })) });
export type MergeView = Schema<'MergeView'>;
/** The merges of a project, the newest first. */
export const mergesQuery = (id: string, page: Paged = {}) => queryOptions({ queryKey: ['projects', id, 'merges', page], queryFn: () => ask(http.GET('/projects/{id}/merges', { params: { path: { id }, query: { limit: 10, ...page } } })) });
/** Moves `main` to the commit of a branch whose checks were shown. */
export const mergeBranch = (id: string, branch: string, commit: string) => ask(http.POST('/projects/{id}/merges', { params: { path: { id } }, body: { branch, commit }, headers: onceKey() }));
/** Whether a check has not come to its end. */
export const isOpen = (check: Pick<CheckView, 'state'>) => check.state === 'queued' || check.state === 'running';
