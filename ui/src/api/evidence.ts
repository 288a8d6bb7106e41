/** What was live on a day, the key that signs, dossiers, and the route-to-live clock. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Schema } from './types';

export type LiveThen = Schema<'LiveThen'>;
export type DeploymentClock = Schema<'DeploymentClock'>;
export type ProjectClock = Schema<'ProjectClock'>;
export type StageName = Schema<'ClockStage'>;
export type StageOfProject = Schema<'ClockStageOfProject'>;
export type StageSummary = Schema<'ClockStageSummary'>;
export type StageComparison = Schema<'ClockComparison'>;
export type Measured = Schema<'ClockMeasured'>;
export type RunTime = Schema<'ClockRunTime'>;
export type BaselineView = Schema<'Baseline'>;
export type LiveSearch = { at?: string; project?: string; environment?: string; cursor?: string };

export const liveQuery = (search: LiveSearch) => queryOptions({ queryKey: ['evidence', 'live', search], queryFn: () => ask(http.GET('/live', { params: { query: { ...search, limit: 50 } } })), placeholderData: keepPreviousData, retry: false });
export const evidenceKeyQuery = queryOptions({ queryKey: ['evidence', 'key'], queryFn: () => ask(http.GET('/evidence/key')), staleTime: 600_000 });
/** The dossier as the very bytes that were signed: written anew they would no longer be those. */
export const fetchDossier = (project: string, number: number) => ask(http.GET('/projects/{project}/candidates/{number}/dossier', { params: { path: { project, number } }, parseAs: 'blob' }));

export const clockQuery = (cursor?: string) => queryOptions({ queryKey: ['clock', 'all', cursor], queryFn: () => ask(http.GET('/clock', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })), placeholderData: keepPreviousData });
export const projectClockQuery = (project: string) => queryOptions({ queryKey: ['clock', 'project', project], queryFn: () => ask(http.GET('/projects/{project}/clock', { params: { path: { project } } })) });
export const baselineQuery = queryOptions({ queryKey: ['clock', 'baseline'], queryFn: async () => (await ask(http.GET('/baselines', { params: { query: { limit: 1 } } }))).items[0] ?? null });
export const importBaseline = (csv: string) => ask(http.POST('/baselines', { body: csv, headers: { 'content-type': 'text/csv' }, bodySerializer: (text) => text }));
