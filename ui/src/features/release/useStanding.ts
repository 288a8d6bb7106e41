import { useQueries, useQueryClient } from '@tanstack/react-query';
import { candidatesQuery, holdsQuery, isWorking, productionQuery, promotionsQuery, releasesQuery } from '@/api/release';
import type { Problem } from '@/api/types';
import type { Standing } from './flight';

const [soon, later] = [1500, 10_000];

/** What a project's releases are at; looks again soon while a machine is at work. What could not be read is empty and its problem is told. */
export function useStanding(project: string): { at: Standing; isPending: boolean; problem: Problem | null } {
  const queryClient = useQueryClient();
  const pace = () => {
    const promotions = queryClient.getQueryData(promotionsQuery(project, { limit: 50 }).queryKey)?.items ?? [];
    const runs = queryClient.getQueryData(releasesQuery(project, { limit: 10 }).queryKey)?.items ?? [];
    return promotions.some(isWorking) || runs.some((run) => run.state === 'running') ? soon : later;
  };
  const [candidates, promotions, production, holds, releases] = useQueries({
    queries: [
      { ...candidatesQuery(project, { limit: 20 }), refetchInterval: pace },
      { ...promotionsQuery(project, { limit: 50 }), refetchInterval: pace },
      { ...productionQuery(project), refetchInterval: pace },
      { ...holdsQuery(project), refetchInterval: pace },
      { ...releasesQuery(project, { limit: 10 }), refetchInterval: pace },
    ],
  });
  const all = [candidates, promotions, production, holds, releases];
  return {
    at: { candidates: candidates.data?.items ?? [], promotions: promotions.data?.items ?? [], production: production.data ?? [], holds: holds.data ?? [], releases: releases.data?.items ?? [] },
    isPending: all.some((query) => query.isPending),
    problem: all.find((query) => query.error)?.error ?? null,
  };
}

/** Returns what makes every page look again after an act on a project's releases. */
export function useLookAgain(project: string): () => Promise<unknown> {
  const queryClient = useQueryClient();
  return () => Promise.all([['release', project], ['decisions'], ['endpoints'], ['projects', project], ['models']].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
}
