import { expect, test } from 'vitest';
import type { BreachView, EvaluatedMetric, EvaluationView } from '@/api/monitoring';
import { answersOf } from './BreachLine';
import { openOf } from './Monitor';
import { asJudged, breachLine, breachVerbs, byLoudness, cameOut, dayAhead, draftOf, every, faultsOf, isMuted, plot, settingsOf, trendSentence, trendsOf, whatOf, windowOf } from './words';

const psi = (value: number | null, verdict: EvaluatedMetric['verdict'], column = 'income'): EvaluatedMetric => ({ name: 'psi', column, value, amber: 0.1, red: 0.25, better: 'lower', n: 400, verdict });

test('what could not be computed stands with the breaches, before what is amber or within', () => {
  const sorted = byLoudness([psi(0.01, 'within'), psi(0.12, 'amber', 'age'), psi(null, 'not_computable', 'job'), psi(0.4, 'red', 'amount')]);
  expect(sorted.map((one) => one.verdict)).toEqual(['red', 'not_computable', 'amber', 'within']);
  expect(cameOut(sorted)).toBe('1 red, 1 not computable, 1 amber, 1 within');
  expect(cameOut([])).toBe('nothing was measured');
  expect(whatOf(psi(0.4, 'red'))).toBe('Distribution shift (PSI) of income');
  expect(asJudged(psi(null, 'not_computable')).verdict).toBe('not_computable');
  expect(asJudged(psi(0.4, 'red'))).toMatchObject({ verdict: 'failed', group: 'income' });
});

const evaluation = (id: string, started_at: string, metrics: EvaluatedMetric[], state: EvaluationView['state'] = 'within') => ({ id, started_at, metrics, state }) as EvaluationView;

test('each number has a line over time; a gap stays a gap, and what runs is not on it', () => {
  const trends = trendsOf([evaluation('e3', '2026-01-03T00:00:00Z', [psi(0.3, 'red')], 'breached'), evaluation('e4', '2026-01-04T00:00:00Z', [], 'running'), evaluation('e2', '2026-01-02T00:00:00Z', [psi(null, 'not_computable')]), evaluation('e1', '2026-01-01T00:00:00Z', [psi(0.02, 'within'), psi(0, 'within', 'age')])]);
  expect(trends.map((one) => one.what)).toEqual(['Distribution shift (PSI) of income', 'Distribution shift (PSI) of age']);
  const [income] = trends;
  if (!income) throw new Error('no line');
  expect(income.points.map((point) => point.value)).toEqual([0.02, null, 0.3]);
  expect(trendSentence(income)).toBe('Distribution shift (PSI) of income over 3 evaluations: from 0.020 to 0.300, last 0.300; limit ≤ 0.250; 1 beyond a limit; 1 not computable');
  const drawn = plot(income, 100, 50);
  expect(drawn.lines.length).toBe(2);
  expect(drawn.y(0.3)).toBeLessThan(drawn.y(0.02));
});

test('how often and how far back are said in plain units', () => {
  expect(every(3600)).toBe('every hour');
  expect(every(1800)).toBe('every 30 minutes');
  expect(every(90)).toBe('every 90 seconds');
  expect(windowOf(24)).toBe('24 hours');
  expect(windowOf(168)).toBe('7 days');
});

test('settings fit or say which field does not; what the contract says is not taken for a setting', () => {
  const monitor = { truth: { dataset: 'lake.bank.outcomes', column: 'defaulted' }, truth_is_set: false, every_s: 3600, window_h: 24 };
  expect(draftOf(monitor)).toEqual({ dataset: '', column: '', minutes: '60', hours: '24' });
  expect(settingsOf(draftOf(monitor))).toEqual({ truth: null, every_s: 3600, window_h: 24 });
  expect(settingsOf(draftOf({ ...monitor, truth_is_set: true })).truth).toEqual(monitor.truth);
  expect(Object.keys(faultsOf({ dataset: 'outcomes', column: '', minutes: '0', hours: '1000' })).toSorted()).toEqual(['column', 'dataset', 'hours', 'minutes']);
  expect(faultsOf({ dataset: '', column: 'defaulted', minutes: '1', hours: '1' }).dataset).toBeTruthy();
  expect(faultsOf(draftOf(monitor))).toEqual({});
});

const breach = (state: BreachView['state'], action: string | null, more: Partial<BreachView> = {}) => ({ state, next: { tone: 'bad', text: '', reason: '', action }, metric: 'psi', column: 'income', value: 0.31, limit: 0.25, ...more }) as BreachView;
const all = { acknowledge: true, resolve: true, mute: true };

test('a breach is taken on before it is resolved, by whom the server lets; one that is over takes no act', () => {
  expect(breachVerbs(breach('open', 'acknowledge_breach'), all)).toEqual(['acknowledge', 'mute']);
  expect(breachVerbs(breach('acknowledged', 'resolve_breach'), all)).toEqual(['resolve', 'mute']);
  expect(breachVerbs(breach('open', null), all)).toEqual([]);
  expect(breachVerbs(breach('resolved', null), all)).toEqual([]);
  expect(breachLine(breach('open', null))).toBe('Distribution shift (PSI) of income is 0.310, limit 0.250');
  expect(openOf({ red: 1, amber: 2 })).toBe('1 red, 2 amber');
  expect(openOf({ red: 0, amber: 0 })).toBeNull();
});

test('muting ends by itself, and what was said of a breach is kept', () => {
  const muted = { at: '2026-01-01T00:00:00Z', by: 'person:vera', reason: 'known', until: '2026-02-01T00:00:00Z' };
  expect(isMuted({ muted }, Date.parse('2026-01-15T00:00:00Z'))).toBe(true);
  expect(isMuted({ muted }, Date.parse('2026-02-15T00:00:00Z'))).toBe(false);
  expect(answersOf(breach('acknowledged', null, { acknowledged: { at: '', by: 'person:vera', reason: 'we look' }, muted: { ...muted, until: '2999-01-01T00:00:00Z' } }))).toEqual(['muted until 1 Jan 2999 by vera: known', 'acknowledged by vera: we look']);
  expect(dayAhead(7, new Date('2026-01-30T12:00:00Z'))).toBe('2026-02-06');
});
