/** Monitors of what is live, what they found, and the breaches that people answer. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http } from './client';
import type { Paged, Schema } from './types';

export type MonitorView = Schema<'MonitorView'>;
export type MonitorSettings = Schema<'MonitorSettings'>;
export type EvaluationView = Schema<'EvaluationView'>;
export type EvaluatedMetric = Schema<'EvaluatedMetric'>;
export type BreachView = Schema<'BreachView'>;
export type BreachState = Schema<'BreachState'>;
export type BreachSearch = Paged & { project?: string; monitor?: string; state?: BreachState };

/** The key below which everything of monitors lies. */
export const monitoringKey = ['monitoring'];
const at = (id: string) => ({ params: { path: { id } } });

export const monitorsQuery = (search: Paged & { project?: string } = {}) => queryOptions({ queryKey: [...monitoringKey, 'monitors', search], queryFn: () => ask(http.GET('/monitors', { params: { query: search } })), placeholderData: keepPreviousData });
export const monitorQuery = (id: string) => queryOptions({ queryKey: [...monitoringKey, 'monitor', id], queryFn: () => ask(http.GET('/monitors/{id}', at(id))) });
export const evaluationsQuery = (id: string, page: Paged = {}) =>
  queryOptions({ queryKey: [...monitoringKey, 'monitor', id, 'evaluations', page], queryFn: () => ask(http.GET('/monitors/{id}/evaluations', { params: { path: { id }, query: page } })), placeholderData: keepPreviousData });
export const breachesQuery = (search: BreachSearch) => queryOptions({ queryKey: [...monitoringKey, 'breaches', search], queryFn: () => ask(http.GET('/breaches', { params: { query: search } })), placeholderData: keepPreviousData });
export const breachQuery = (id: string) => queryOptions({ queryKey: [...monitoringKey, 'breach', id], queryFn: () => ask(http.GET('/breaches/{id}', at(id))) });

/** The red breaches that nobody looks after yet and that this viewer may take on, the oldest first. */
export const redBreachesQuery = queryOptions({
  queryKey: [...monitoringKey, 'red'],
  queryFn: async () => {
    const { items } = await ask(http.GET('/breaches', { params: { query: { state: 'open', limit: 200 } } }));
    return items.filter((one) => one.severity === 'red' && one.next.action === 'acknowledge_breach').toSorted((a, b) => a.first_seen_at.localeCompare(b.first_seen_at));
  },
  refetchInterval: 30_000,
});

/** Has a monitor look now; while it looks already, it is that evaluation. */
export const evaluateNow = (id: string) => ask(http.POST('/monitors/{id}/evaluate', at(id)));
export const pauseMonitor = (id: string, reason: string) => ask(http.POST('/monitors/{id}/pause', { ...at(id), body: { reason } }));
export const resumeMonitor = (id: string) => ask(http.POST('/monitors/{id}/resume', at(id)));
export const setMonitor = (id: string, body: MonitorSettings) => ask(http.PUT('/monitors/{id}', { ...at(id), body }));
export const acknowledgeBreach = (id: string, reason: string) => ask(http.POST('/breaches/{id}/acknowledge', { ...at(id), body: { reason } }));
export const resolveBreach = (id: string, reason: string) => ask(http.POST('/breaches/{id}/resolve', { ...at(id), body: { reason } }));
export const muteBreach = (id: string, until: string, reason: string) => ask(http.POST('/breaches/{id}/mute', { ...at(id), body: { until, reason } }));

/** The verbs of these operations, as `GET /me` names them. */
export const monitoringVerbs = { set: 'SetMonitor', pause: 'PauseMonitor', resume: 'ResumeMonitor', evaluate: 'EvaluateMonitor', acknowledge: 'AcknowledgeBreach', resolve: 'ResolveBreach', mute: 'MuteBreach' } as const;
