import { expect, test } from 'vitest';
import type { ColumnProfile } from '@/api/datasets';
import { range, undrawn } from './ColumnCard';

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
