import { expect, test } from 'vitest';
import type { CandidateCheck, MetricView } from '@/api/release';
import { barSentence, betterOf, interval, isAmber, limitOf, metricLook, notTested, passedOf, reasonsOf, scaleOf, score } from './metrics';

const auc: MetricView = { name: 'auc', value: 0.777, low: 0.765, high: 0.789, amber: 0.78, red: 0.76, n: 200, verdict: 'passed' };
const bias: MetricView = { name: 'demographic_parity', group: 'age', value: 0.29, amber: 0.1, red: 0.2, n: 40, verdict: 'failed' };

test('a score is read as a score, and a tiny one as a power of ten', () => {
  expect(score(0.7)).toBe('0.700');
  expect(score(2.1e-7)).toBe('2 × 10⁻⁷');
  expect(score(1e-6)).toBe('10⁻⁶');
  expect(score(-0.024)).toBe('−0.024');
  expect(score(0)).toBe('0.000');
  expect(score(null)).toBe('–');
});

test('the limit says which side fails, by the server’s word, by the two limits, or by what the metric is', () => {
  expect(limitOf(auc)).toBe('≥ 0.760');
  expect(limitOf(bias)).toBe('≤ 0.200');
  expect(betterOf({ name: 'parity_difference', amber: 0.1, red: 0.1 })).toBe('lower');
  expect(betterOf({ name: 'auc', better: 'lower' })).toBe('lower');
  expect(limitOf({ name: 'accuracy' })).toBeNull();
});

test('between amber and red a metric has passed and still needs an eye', () => {
  expect(isAmber(auc)).toBe(true);
  expect(metricLook(auc).tone).toBe('warn');
  expect(metricLook({ ...auc, value: 0.79 }).tone).toBe('good');
  expect(metricLook(bias).tone).toBe('bad');
  expect(metricLook({ name: 'auc', value: null, n: 0, verdict: 'not_computable' }).tone).toBe('warn');
});

test('a bar holds the value, its interval, both limits and the live one, and stays within what a share can be', () => {
  const { from, to } = scaleOf(auc, { value: 0.753 });
  expect(from).toBeLessThan(0.753);
  expect(to).toBeGreaterThan(0.789);
  expect(scaleOf({ ...bias, low: 0.01, high: 0.95, value: 0.5 })).toEqual({ from: 0, to: 1 });
  expect(scaleOf({ name: 'auc', value: 0.5, n: 200, verdict: 'passed' }).to).toBeGreaterThan(0.5);
  expect(barSentence(auc, { value: 0.753 })).toBe('AUC 0.777, 95% between 0.765 and 0.789; limit ≥ 0.760; live 0.753');
  expect(interval(bias)).toBe('–');
});

const checks: CandidateCheck[] = [
  { name: 'parity', verdict: 'passed', note: '', metrics: [] },
  { name: 'quality', verdict: 'failed', note: '', metrics: [{ ...auc, value: 0.7, verdict: 'failed' }, { name: 'accuracy', value: 0.8, n: 200, verdict: 'passed' }] },
  { name: 'bias', verdict: 'not_computable', note: 'the contract names no dataset', metrics: [] },
];

test('why nothing was cut names metric, value and limit; what could not be computed is said as loudly', () => {
  expect(reasonsOf(checks)).toEqual([
    { text: 'AUC 0.700, limit ≥ 0.760', verdict: 'failed' },
    { text: 'Bias: the contract names no dataset', verdict: 'not_computable' },
  ]);
  expect(passedOf(checks)).toBe('1 of 3 passed, 1 could not be computed');
  expect(notTested(checks)).toEqual([{ what: 'Bias', why: 'the contract names no dataset' }]);
  expect(notTested([{ name: 'bias', verdict: 'not_computable', note: '', metrics: [{ name: 'demographic_parity', group: 'age', value: null, n: 12, reason: '12 rows', verdict: 'not_computable' }] }])).toEqual([{ what: 'Bias of age', why: '12 rows' }]);
});
