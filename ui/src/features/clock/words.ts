/** The route-to-live clock in words: how long, how sure, waiting for whom. */
import type { Measured, RunTime, StageComparison, StageName, StageOfProject, StageSummary } from '@/api/evidence';
import { count, duration, plural, unknown, words } from '@/lib/format';

/** The stages in the order of the way. */
export const stages: StageName[] = ['find', 'access', 'environment', 'prove', 'release', 'value'];
const names: Record<StageName, string> = { find: 'Find', access: 'Access', environment: 'Environment', prove: 'Prove', release: 'Release', value: 'Value' };
/** Returns what a stage is called. */
export const stageName = (stage: StageName) => names[stage];

/** Returns a time in plain units, "12 d 4 h"; a dash where it is not known. */
export function lasting(seconds: number | null | undefined): string {
  if (seconds == null) return unknown;
  return seconds <= 0 ? '0 s' : duration(seconds * 1000);
}

export type Split = { people: number; machines: number; working: number };
type Parts = { people_s?: number | null; machines_s?: number | null; working_s?: number | null };

/** Returns what a time was spent on. */
export function splitOf({ people_s, machines_s, working_s }: Parts): Split {
  return { people: people_s ?? 0, machines: machines_s ?? 0, working: working_s ?? 0 };
}

/** Returns a split in words, the parts that are there: "waiting for people 2 d, for machines 5 h, working 12 h". */
export function splitWords(split: Split): string {
  const parts = [split.people > 0 && `waiting for people ${lasting(split.people)}`, split.machines > 0 && `waiting for machines ${lasting(split.machines)}`, split.working > 0 && `working ${lasting(split.working)}`];
  return parts.filter(Boolean).join(', ') || 'no time yet';
}

/** Returns where each part of a bar begins and how long it is, as shares of the whole. */
export function barOf(split: Split): { part: keyof Split; from: number; share: number }[] {
  const whole = split.people + split.machines + split.working;
  if (whole <= 0) return [];
  let from = 0;
  return (['people', 'machines', 'working'] as const).flatMap((part) => {
    const share = split[part] / whole;
    const bar = { part, from, share };
    from += share;
    return share > 0 ? [bar] : [];
  });
}

/** Returns how long a stage took: "3 d 2 h", "at least 3 d 2 h, still running", or that it is not measured. */
export function took({ seconds, open }: Pick<StageOfProject, 'seconds' | 'open'>): string {
  if (seconds == null) return 'not measured';
  return open ? `at least ${lasting(seconds)}` : lasting(seconds);
}

/** Returns how one way of a stage ended: arrived, still running, or given up and why. */
export function wayEnded({ open, ended }: Pick<Measured, 'open' | 'ended'>): string {
  if (ended) return `ended on the way: ${ended}`;
  return open ? 'still running' : 'arrived';
}

/** Returns the median over projects in words; what is open counts as longer, so there may be none. */
export function medianWords({ median_s, n, open }: Pick<StageSummary, 'median_s' | 'n' | 'open'>): string {
  if (n === 0) return 'not measured in any project yet';
  const still = open > 0 ? `; ${count(open)} of ${count(n)} still running, counted as longer` : '';
  if (median_s == null) return `no median: ${open === n ? 'all' : `${count(open)} of ${count(n)}`} still running, so nobody knows yet`;
  return `${lasting(median_s)}, median of ${plural(n, 'project')}${still}`;
}

/** Returns what may be said of now against before, in the words that the server allows. */
export function comparisonWords(one: StageComparison): string {
  if (!one.same_definition) return 'Both numbers stand beside each other; nothing is said of a saving.';
  const ratio = one.ratio != null ? `${one.ratio < 10 ? one.ratio.toFixed(1) : Math.round(one.ratio).toLocaleString('en-GB')} times as fast` : null;
  const interval = one.saving_low_s != null && one.saving_high_s != null ? `saving between ${signed(one.saving_low_s)} and ${signed(one.saving_high_s)} (95%)` : null;
  return [ratio, interval, one.note].filter(Boolean).join('; ') || 'not measured yet';
}

const signed = (seconds: number) => (seconds < 0 ? `−${lasting(-seconds)}` : lasting(seconds));

const runTimes: Record<string, string> = { train: 'Training for a release', provision: 'Setting up an environment', score: 'Scoring a batch', step_start: 'A step waits for its runner' };

/** Returns how long runs take, by what they do. */
export function runTimeWords({ what, median_s, n }: RunTime): [what: string, took: string] {
  return [runTimes[what] ?? words(what), n === 0 || median_s == null ? 'none yet' : `${lasting(median_s)}, median of ${count(n)}`];
}
