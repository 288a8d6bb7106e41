/**
 * Returns the place of ours that an address of MLflow's own page means, which its client prints after each run; null for any other.
 * Experiment `0` is the default one of each space, so it is none in particular: the list has it.
 */
export function printedPlace(hash: string): string | null {
  const [, experiment, run] = /^#\/experiments\/([\w-]+)(?:\/runs\/([\w-]+))?$/.exec(hash) ?? [];
  if (run) return `/experiment-runs/${run}`;
  if (experiment === '0') return '/experiments';
  return experiment ? `/experiments/${experiment}` : null;
}
