import { expect, test } from 'vitest';
import type { ColumnProfile } from '@/api/datasets';
import { frequent, range, undrawn } from './ColumnCard';

const of = (more: Partial<ColumnProfile>): ColumnProfile => ({ name: 'c', data_type: 'Utf8', rows: 1000, nulls: 0, shown: true, ...more });

test('what is not drawn says whether its values differ, or how many there are', () => {
  expect(undrawn(of({ distinct: 1000 }))).toBe('nearly all differ');
  expect(undrawn(of({ distinct: 90, nulls: 905 }))).toBe('nearly all differ');
  expect(undrawn(of({ distinct: 4 }))).toBe('4 values');
  expect(undrawn(of({ distinct: 4, top: [{ value: 'north', count: 300 }] }))).toBeNull();
  expect(undrawn(of({ shown: false }))).toBeNull();
  expect(undrawn(undefined)).toBeNull();
});

test('the first and the last of texts that are not drawn are not told', () => {
  expect(range(of({ distinct: 1000, min: 'Ada', max: 'Zoe' }))).toBe('–');
  expect(range(of({ distinct: 1000, min: 1, max: 9 }))).toBe('1 – 9');
});

test('of values in bins, a rare one is no line of its own', () => {
  const top = [{ value: '1258', count: 3 }, { value: '1300', count: 20 }];
  const bin = { from: 0, to: 9, count: 1000 };
  expect(frequent(of({ top, histogram: [bin] })).map((one) => one.value)).toEqual(['1300']);
  expect(frequent(of({ top, nulls: 500 }))[1]).toEqual({ value: '1300', count: 20, share: 0.04 });
  expect(frequent(of({ top, shown: false }))).toEqual([]);
});
