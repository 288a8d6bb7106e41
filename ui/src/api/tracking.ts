import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Schema } from './types';

export type ExperimentView = Schema<'ExperimentView'>;
export type ExperimentRun = Schema<'ExperimentRunView'>;
export type ModelView = Schema<'RegisteredModelView'>;
export type VersionView = Schema<'ModelVersionView'>;

const only = <T extends object>(parts: T) => Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
export const experimentsQuery = (space?: string, cursor?: string) => queryOptions({ queryKey: ['experiments', 'list', space, cursor], queryFn: () => ask(http.GET('/experiments', { params: { query: only({ space, cursor }) } })), placeholderData: keepPreviousData });
export const experimentQuery = (id: string) => queryOptions({ queryKey: ['experiments', id], queryFn: () => ask(http.GET('/experiments/{id}', { params: { path: { id } } })) });
export const experimentRunsQuery = (id: string, asked: { filter?: string | undefined; order_by?: string | undefined; cursor?: string | undefined }) =>
  queryOptions({ queryKey: ['experiments', id, 'runs', asked], queryFn: () => ask(http.GET('/experiments/{id}/runs', { params: { path: { id }, query: only(asked) } })), placeholderData: keepPreviousData });
export const experimentRunQuery = (id: string) => queryOptions({ queryKey: ['experiment-runs', id], queryFn: () => ask(http.GET('/experiment-runs/{id}', { params: { path: { id } } })) });
export const historyQuery = (id: string, key: string) => queryOptions({ queryKey: ['experiment-runs', id, 'metrics', key], queryFn: () => ask(http.GET('/experiment-runs/{id}/metrics/{key}', { params: { path: { id, key } } })) });
export const artifactsQuery = (id: string, path: string) => queryOptions({ queryKey: ['experiment-runs', id, 'artifacts', path], queryFn: () => ask(http.GET('/experiment-runs/{id}/artifacts', { params: { path: { id }, query: only({ path: path || undefined }) } })), placeholderData: keepPreviousData });
export const modelsQuery = (cursor?: string) => queryOptions({ queryKey: ['models', 'list', cursor], queryFn: () => ask(http.GET('/models', { params: { query: only({ cursor }) } })), placeholderData: keepPreviousData });
export const modelQuery = (id: string) => queryOptions({ queryKey: ['models', id], queryFn: () => ask(http.GET('/models/{id}', { params: { path: { id } } })) });
export const versionQuery = (id: string, version: number) => queryOptions({ queryKey: ['models', id, version], queryFn: () => ask(http.GET('/models/{id}/versions/{version}', { params: { path: { id, version } } })) });
/** Returns the plain name of a space, `project/credit-risk` as "credit-risk", a person's own as "ana, own". */
export const spaceName = (space: string) => (space.startsWith('person/') ? `${space.slice(7)}, own` : space.replace(/^project\//, ''));
