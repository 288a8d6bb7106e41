import { useQuery, useQueryClient } from '@tanstack/react-query';
import { breachesQuery, type BreachState, evaluationsQuery, monitoringKey, type MonitorView } from '@/api/monitoring';
import type { Paged } from '@/api/types';

const [soon, later] = [1500, 15_000];
/** How soon to look at a monitor again: soon while it is being evaluated. */
export const paceOf = (monitor: Pick<MonitorView, 'last'> | undefined) => (monitor?.last?.state === 'running' ? soon : later);

/** A page of the evaluations of a monitor, the newest first; looks again soon while one runs. */
export const useEvaluations = (monitor: MonitorView, page: Paged = {}) =>
  useQuery({ ...evaluationsQuery(monitor.id, { limit: 50, ...page }), refetchInterval: (query) => (monitor.last?.state === 'running' || query.state.data?.items.some((one) => one.state === 'running') ? soon : later) });

/** The breaches of a monitor or project in a state, or all of them. */
export const useBreaches = (of: { monitor?: string; project?: string }, state: BreachState | undefined, cursor: string | undefined) =>
  useQuery({ ...breachesQuery({ ...of, limit: 50, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) }), refetchInterval: 5000 });

/** Returns what makes every page look again after an act on a monitor or breach; a hold may have come of it. */
export function useLookAgainAtMonitors(): () => Promise<unknown> {
  const queryClient = useQueryClient();
  return () => Promise.all([monitoringKey, ['release']].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}
