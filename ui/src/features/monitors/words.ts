/** Monitors in words and numbers: what was measured, what came of it, and which acts fit. */
import type { BreachView, EvaluatedMetric, EvaluationView, MonitorSettings, MonitorView } from '@/api/monitoring';
import type { MetricView } from '@/api/release';
import { betterOf, metricWords, score } from '@/features/release/metrics';
import { count, plural } from '@/lib/format';

type Verdict = EvaluatedMetric['verdict'];

/** Returns what a number is of, "Distribution shift (PSI) of income". */
export function whatOf(metric: { name: string; column?: string | null | undefined }): string {
  return `${metricWords(metric.name).name}${metric.column ? ` of ${metric.column}` : ''}`;
}

/** Returns a number of a monitor as the numbers of a gate are drawn: it is judged by the same limits. */
export function asJudged(metric: EvaluatedMetric): MetricView {
  const { column, verdict, ...rest } = metric;
  return { ...rest, group: column ?? null, verdict: verdict === 'not_computable' ? 'not_computable' : verdict === 'red' ? 'failed' : 'passed' };
}

const loudest: Verdict[] = ['red', 'not_computable', 'amber', 'within', 'no_limit'];

/** Returns the numbers with the loudest first: what could not be computed stands with the breaches. */
export function byLoudness(metrics: EvaluatedMetric[]): EvaluatedMetric[] {
  return metrics.toSorted((a, b) => loudest.indexOf(a.verdict) - loudest.indexOf(b.verdict) || whatOf(a).localeCompare(whatOf(b)));
}

/** Returns how an evaluation came out, "1 red, 2 not computable, 9 within". */
export function cameOut(metrics: EvaluatedMetric[]): string {
  const say: [Verdict, string][] = [['red', 'red'], ['not_computable', 'not computable'], ['amber', 'amber'], ['within', 'within'], ['no_limit', 'without a limit']];
  const parts = say.map(([verdict, word]) => [metrics.filter((one) => one.verdict === verdict).length, word] as const).filter(([many]) => many > 0);
  return parts.map(([many, word]) => `${count(many)} ${word}`).join(', ') || 'nothing was measured';
}

export type Point = { at: string; value: number | null; verdict: Verdict; evaluation: string };
export type Trend = { key: string; what: string; name: string; points: Point[]; amber: number | null; red: number | null; better: 'higher' | 'lower' };

/** Returns each number's way over the evaluations that ended, oldest first, the loudest last value first. Limits are those of the last one. */
export function trendsOf(evaluations: EvaluationView[]): Trend[] {
  const ended = evaluations.filter((one) => one.state !== 'running').toSorted((a, b) => a.started_at.localeCompare(b.started_at));
  const found = new Map<string, Trend>();
  for (const { id, started_at, metrics } of ended) {
    for (const metric of metrics) {
      const key = `${metric.name}:${metric.column ?? ''}`;
      const trend = found.get(key) ?? { key, what: whatOf(metric), name: metric.name, points: [], amber: null, red: null, better: 'lower' as const };
      trend.points.push({ at: started_at, value: metric.value ?? null, verdict: metric.verdict, evaluation: id });
      found.set(key, { ...trend, amber: metric.amber ?? null, red: metric.red ?? null, better: betterOf(metric) });
    }
  }
  const last = (trend: Trend) => loudest.indexOf(trend.points.at(-1)?.verdict ?? 'no_limit');
  return [...found.values()].toSorted((a, b) => last(a) - last(b) || a.what.localeCompare(b.what));
}

/** Returns the sentence that a chart says to who does not see it. */
export function trendSentence({ what, points, red, better }: Trend): string {
  const values = points.flatMap((point) => (point.value == null ? [] : [point.value]));
  const beyond = points.filter((point) => point.verdict === 'red' || point.verdict === 'amber').length;
  const blind = points.filter((point) => point.value == null).length;
  const range = values.length > 0 ? `from ${score(Math.min(...values))} to ${score(Math.max(...values))}, last ${score(points.at(-1)?.value)}` : 'never computed';
  const limit = red == null ? 'no limit' : `limit ${better === 'higher' ? '≥' : '≤'} ${score(red)}`;
  return [`${what} over ${plural(points.length, 'evaluation')}: ${range}`, limit, beyond > 0 && `${count(beyond)} beyond a limit`, blind > 0 && `${count(blind)} not computable`].filter(Boolean).join('; ');
}

/** Returns where a chart's points and limits lie in a box, the values with air above and below. */
export function plot({ points, amber, red }: Pick<Trend, 'points' | 'amber' | 'red'>, width: number, height: number) {
  const values = [...points.map((point) => point.value), amber, red].filter((value): value is number => value != null);
  const [least, most] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const air = (most - least || Math.abs(most) || 1) * 0.15;
  const y = (value: number) => height - ((value - least + air) / (most - least + 2 * air)) * height;
  const x = (at: number) => (points.length > 1 ? (at / (points.length - 1)) * width : width / 2);
  const runs: string[] = [];
  let run = '';
  points.forEach((point, at) => {
    if (point.value == null) {
      if (run) runs.push(run);
      run = '';
    } else run += `${run ? 'L' : 'M'}${x(at).toFixed(1)} ${y(point.value).toFixed(1)}`;
  });
  if (run) runs.push(run);
  return { x, y, lines: runs };
}

/** Returns how often, "every hour", "every 30 minutes". */
export function every(seconds: number): string {
  const units: [number, string][] = [[86_400, 'day'], [3600, 'hour'], [60, 'minute']];
  const [size, word] = units.find(([unit]) => seconds % unit === 0) ?? [1, 'second'];
  return seconds === size ? `every ${word}` : `every ${plural(seconds / size, word)}`;
}

/** Returns how far back, "24 hours", "7 days". */
export function windowOf(hours: number): string {
  return hours % 24 === 0 && hours > 24 ? plural(hours / 24, 'day') : plural(hours, 'hour');
}

export type SettingsDraft = { dataset: string; column: string; minutes: string; hours: string };

/** Returns a monitor's settings as they are typed. What the contract says is not a setting, so it is left empty. */
export function draftOf(monitor: Pick<MonitorView, 'truth' | 'truth_is_set' | 'every_s' | 'window_h'>): SettingsDraft {
  const truth = monitor.truth_is_set ? monitor.truth : null;
  return { dataset: truth?.dataset ?? '', column: truth?.column ?? '', minutes: String(monitor.every_s / 60), hours: String(monitor.window_h) };
}

/** Returns what keeps a draft from being settings, by field; empty if nothing does. */
export function faultsOf(draft: SettingsDraft): Partial<Record<keyof SettingsDraft, string>> {
  const faults: Partial<Record<keyof SettingsDraft, string>> = {};
  const [minutes, hours] = [Number(draft.minutes), Number(draft.hours)];
  if (!(minutes >= 1 && minutes <= 1440) || !Number.isInteger(minutes * 60)) faults.minutes = 'From 1 minute to 1,440 (a day)';
  if (!(hours >= 1 && hours <= 744) || !Number.isInteger(hours)) faults.hours = 'Whole hours, from 1 to 744 (31 days)';
  const [dataset, column] = [draft.dataset.trim(), draft.column.trim()];
  if (column && !dataset) faults.dataset = 'The dataset that holds this column';
  if (dataset && !column) faults.column = 'The column of that dataset';
  if (dataset && dataset.split('.').length !== 3) faults.dataset = 'As lake.schema.table';
  return faults;
}

/** Returns the settings that a draft means. */
export function settingsOf(draft: SettingsDraft): MonitorSettings {
  const dataset = draft.dataset.trim();
  return { truth: dataset ? { dataset, column: draft.column.trim() } : null, every_s: Number(draft.minutes) * 60, window_h: Number(draft.hours) };
}

export type BreachVerb = 'acknowledge' | 'resolve' | 'mute';

/** Returns what may be done to a breach: taken on first, resolved then; muted while it is not over. */
export function breachVerbs(breach: Pick<BreachView, 'state' | 'next'>, may: Record<BreachVerb, boolean>): BreachVerb[] {
  if (breach.state === 'resolved') return [];
  const verbs: BreachVerb[] = [];
  if (breach.state === 'open' && breach.next.action === 'acknowledge_breach') verbs.push('acknowledge');
  if (breach.state === 'acknowledged' && breach.next.action === 'resolve_breach') verbs.push('resolve');
  if (may.mute && verbs.length > 0) verbs.push('mute');
  return verbs;
}

/** Whether a breach's alerts are hidden now. */
export function isMuted(breach: Pick<BreachView, 'muted'>, now = Date.now()): boolean {
  return breach.muted != null && Date.parse(breach.muted.until) > now;
}

/** Returns what a breach is in one line, "Distribution shift (PSI) of income is 0.310, limit 0.250". */
export function breachLine(breach: Pick<BreachView, 'metric' | 'column' | 'value' | 'limit'>): string {
  return `${whatOf({ name: breach.metric, column: breach.column })} is ${score(breach.value)}, limit ${score(breach.limit)}`;
}

/** Returns the day that many days ahead as a date input holds it. */
export function dayAhead(days: number, now = new Date()): string {
  return new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10);
}
