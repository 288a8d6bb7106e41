/** Metrics in words and numbers: what each one says, its limit beside it, and where it lies on its bar. */
import type { CandidateCheck, GatePolicyView, MetricView, Verdict } from '@/api/release';
import type { StateLook } from '@/api/states';
import { lookOf } from '@/components';
import { count, figure, unknown, words } from '@/lib/format';
import { amber } from './looks';

type Words = { name: string; says: string; better: 'higher' | 'lower' };
const known: Record<string, Words> = {
  auc: { name: 'AUC', says: 'ranks the one outcome above the other', better: 'higher' },
  accuracy: { name: 'Accuracy', says: 'share of rows it gets right', better: 'higher' },
  r2: { name: 'R²', says: 'share of the variance it explains', better: 'higher' },
  parity_difference: { name: 'Parity', says: 'largest gap between exported and trained', better: 'lower' },
  parity_labels: { name: 'Parity of answers', says: 'share of rows that the export answers otherwise', better: 'lower' },
  demographic_parity: { name: 'Bias', says: 'gap of the positive outcome between groups', better: 'lower' },
  psi: { name: 'Distribution shift (PSI)', says: 'how far values moved from the reference, where chance does not explain it', better: 'lower' },
  ks: { name: 'Largest gap (KS)', says: 'largest gap of the two distributions, where chance does not explain it', better: 'lower' },
  null_share: { name: 'More missing values', says: 'by how much the share of missing values rose, where chance does not explain it', better: 'lower' },
};

/** The metrics that the platform computes. */
export const metricNames = Object.keys(known);

/** Returns what a metric is called and what it says. */
export function metricWords(name: string): { name: string; says: string | null } {
  const found = known[name];
  return found ?? { name: words(name), says: null };
}

/** Returns what a check is called, "unit_tests" as "Unit tests". */
export function checkName(name: string): string {
  const spoken: Record<string, string> = { lint: 'PEP 8', unit: 'Unit tests', contract: 'Data contract', parity: 'Parity of export and training', quality: 'Quality on held-out data', bias: 'Bias' };
  const text = spoken[name] ?? words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Returns which way a metric is better: as the server says, else as its two limits lie, else as it is known to be. */
export function betterOf(metric: Pick<MetricView, 'name' | 'better' | 'amber' | 'red'>): 'higher' | 'lower' {
  if (metric.better) return metric.better;
  if (metric.amber != null && metric.red != null && metric.amber !== metric.red) return metric.amber > metric.red ? 'higher' : 'lower';
  return known[metric.name]?.better ?? 'higher';
}

const powers = '⁰¹²³⁴⁵⁶⁷⁸⁹';
/** Returns a score as it is read: three decimals from 0 to 1, powers of ten where it is tiny. */
export function score(value: number | null | undefined): string {
  if (value == null) return unknown;
  const size = Math.abs(value);
  if (size > 0 && size < 0.001) {
    const [digits = '', power = '0'] = value.toExponential(0).split('e');
    const raised = `⁻${[...power.replace(/[+-]/, '')].map((digit) => powers[Number(digit)]).join('')}`;
    return `${digits === '1' ? '' : `${digits} × `}10${raised}`.replace('-', '−');
  }
  return size <= 1 ? value.toFixed(3).replace('-', '−') : figure(value);
}

/** Returns the interval, "0.765–0.789", or a dash where none is claimed. */
export function interval(metric: Pick<MetricView, 'low' | 'high'>): string {
  return metric.low == null || metric.high == null ? unknown : `${score(metric.low)}–${score(metric.high)}`;
}

/** Returns the limit that decides, "≥ 0.760"; null where a metric is only shown. */
export function limitOf(metric: Pick<MetricView, 'name' | 'better' | 'amber' | 'red'>): string | null {
  if (metric.red == null) return null;
  return `${betterOf(metric) === 'higher' ? '≥' : '≤'} ${score(metric.red)}`;
}

/** Whether a value lies beyond its amber limit and still within the red one. */
export function isAmber(metric: MetricView): boolean {
  if (metric.verdict !== 'passed' || metric.value == null || metric.amber == null) return false;
  return betterOf(metric) === 'higher' ? metric.value < metric.amber : metric.value > metric.amber;
}

/** Returns how a metric came out. What could not be computed is as loud as what failed. */
export function metricLook(metric: MetricView): StateLook {
  return isAmber(metric) ? amber : lookOf('verdict', metric.verdict);
}

/** Returns the ends of a metric's bar: all that is drawn on it, with air at both sides, never beyond what a share can be. */
export function scaleOf(metric: Partial<MetricView>, before?: Pick<MetricView, 'value' | 'low' | 'high'> | null): { from: number; to: number } {
  const all = [metric.value, metric.low, metric.high, metric.amber, metric.red, before?.value, before?.low, before?.high].filter((value): value is number => value != null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const air = (most - least || Math.abs(most) || 1) * 0.18;
  const isShare = least >= 0 && most <= 1;
  return { from: isShare ? Math.max(0, least - air) : least - air, to: isShare ? Math.min(1, most + air) : most + air };
}

/** Returns the sentence that a bar says to who does not see it. */
export function barSentence(metric: Pick<MetricView, 'name'> & Partial<MetricView>, before?: Pick<MetricView, 'value'> | null): string {
  const { name } = metricWords(metric.name);
  const limit = limitOf(metric);
  const range = metric.low != null && metric.high != null ? `, 95% between ${score(metric.low)} and ${score(metric.high)}` : '';
  return [`${name}${metric.group ? ` of ${metric.group}` : ''} ${score(metric.value)}${range}`, limit && `limit ${limit}`, before?.value != null && `live ${score(before.value)}`].filter(Boolean).join('; ');
}

/** Returns why nothing was cut, a line for each: metric, value, limit; or why there is no value. */
export function reasonsOf(checks: CandidateCheck[]): { text: string; verdict: Verdict }[] {
  return checks.flatMap((check) => {
    if (check.verdict === 'passed') return [];
    const broken = check.metrics.filter((metric) => metric.verdict !== 'passed');
    if (broken.length === 0) return [{ text: `${checkName(check.name)}: ${check.note || lookOf('verdict', check.verdict).word.toLowerCase()}`, verdict: check.verdict }];
    return broken.map((metric) => {
      const { name } = metricWords(metric.name);
      const what = `${name}${metric.group ? ` of ${metric.group}` : ''}`;
      if (metric.value == null) return { text: `${what}: could not compute${metric.reason ? `, ${metric.reason}` : ''}`, verdict: 'not_computable' };
      return { text: `${what} ${score(metric.value)}, limit ${limitOf(metric) ?? unknown}`, verdict: metric.verdict };
    });
  });
}

/** Returns "4 of 5 passed"; what could not be computed is named. */
export function passedOf(checks: CandidateCheck[]): string {
  const passed = checks.filter((check) => check.verdict === 'passed').length;
  const unknowns = checks.filter((check) => check.verdict === 'not_computable').length;
  return `${count(passed)} of ${count(checks.length)} passed${unknowns ? `, ${count(unknowns)} could not be computed` : ''}`;
}

/** Returns what was not tested: checks and metrics without a value, each with its reason. */
export function notTested(checks: CandidateCheck[]): { what: string; why: string }[] {
  return checks.flatMap((check) => {
    const empty = check.metrics.filter((metric) => metric.value == null);
    if (empty.length > 0) return empty.map((metric) => ({ what: `${metricWords(metric.name).name}${metric.group ? ` of ${metric.group}` : ''}`, why: metric.reason ?? check.note ?? 'no value' }));
    return check.verdict === 'not_computable' ? [{ what: checkName(check.name), why: check.note || 'no value' }] : [];
  });
}

/** Returns the limits of a policy in words, "AUC at least 0.700, amber below 0.750". */
export function toleranceWords(tolerance: GatePolicyView['tolerances'][number]): string {
  const higher = tolerance.better === 'higher';
  return `${higher ? 'at least' : 'at most'} ${score(tolerance.red)}, amber ${higher ? 'below' : 'above'} ${score(tolerance.amber)}`;
}
