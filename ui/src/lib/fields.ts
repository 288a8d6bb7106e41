import type { Problem } from '@/api/types';

/** Returns the refusal as errors of the fields it names in backticks; what names no field stays a problem of the whole form. */
export function fieldError(problem: Problem | null, field: string): string | undefined {
  if (!problem || problem.status !== 400) return undefined;
  const named = /`([^`]+)`/.exec(problem.detail)?.[1];
  return named === field ? problem.detail.replaceAll('`', '') : undefined;
}
