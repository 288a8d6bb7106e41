import { expect, test } from 'vitest';
import { age, brief, bytes, count, daysUntil, duration, exactly, figure, instant, percent, plural, shortId, unknown, spoken } from './format';

test('numbers are exact in facts, brief in lists, and unknown is not zero', () => {
  expect([count(30000), count(0), count(-5), count(null)]).toEqual(['30,000', '0', '−5', unknown]);
  expect([brief(999_999), brief(2_310_000), brief(84_123_456)]).toEqual(['999,999', '2.31 M', '84.1 M']);
  expect([figure(0.123456), figure(1234.567), figure(undefined)]).toEqual(['0.1235', '1,234.57', unknown]);
  expect([percent(0.2212), plural(1, 'row'), plural(2, 'row'), bytes(182_400_000), bytes(12)]).toEqual(['22.1%', '1 row', '2 rows', '182.4 MB', '12 B']);
});

test('durations have two units at most', () => {
  expect([duration(420), duration(41_000), duration(70_200_000), duration(108_000_000), duration(3_600_000)]).toEqual(['420 ms', '41 s', '19 h 30 m', '1 d 6 h', '1 h']);
});

test('an instant says as much as its distance needs', () => {
  const now = new Date(2026, 10, 25, 12, 0);
  expect(instant(new Date(2026, 10, 25, 10, 23).toISOString(), now)).toBe('10:23');
  expect(instant(new Date(2026, 10, 17, 15, 12).toISOString(), now)).toBe('17 Nov 15:12');
  expect(instant(new Date(2025, 1, 12).toISOString(), now)).toBe('12 Feb 2025');
  expect(instant(null)).toBe(unknown);
  expect(exactly(new Date(2026, 10, 25, 10, 23, 5).toISOString(), now)).toBe('10:23:05');
  expect(exactly(new Date(2026, 10, 17, 15, 12, 9).toISOString(), now)).toBe('17 Nov 15:12:09');
});

test('an age is a span for a week and a day after that', () => {
  const now = new Date(2026, 10, 25, 12, 0);
  expect(age(new Date(+now - 2 * 3600_000).toISOString(), +now)).toBe('2 h');
  expect(age(new Date(2026, 10, 3, 9, 0).toISOString(), +now)).toBe('3 Nov 09:00');
  expect(daysUntil(new Date(+now + 8.5 * 86400_000).toISOString(), +now)).toBe(9);
});

test('a long id is told by its end, a short one stays', () => {
  expect([shortId('r-01a214d7cd2d7604a7dd2277acbc4f70'), shortId('r-214'), shortId('pd-development')]).toEqual(['r-bc4f70', 'r-214', 'pd-development']);
});

test('words of the server are read like the page', () => {
  const now = new Date('2026-11-26T09:00:00Z');
  expect(spoken('Approved until 2027-02-24T00:00:00.983815Z, since `r-01a2164929eb76e9b53e14e50c02907d`.', now)).toBe('Approved until 24 Feb 2027, since `r-02907d`.');
  expect(spoken('It runs as dev.')).toBe('It runs as dev.');
  expect(spoken('For person:ana, environment:credit-risk/preprod and group:analysts.')).toBe('For ana, credit-risk/preprod and group analysts.');
  expect(spoken('`monitor:mo-01a2164929eb76e9b53e14e50c02907d` holds it: red')).toBe('the monitor holds it: red');
  expect(spoken('12345 of 100000 rows, in 2026')).toBe('12,345 of 100,000 rows, in 2026');
  expect(spoken('no role of `ana` is `model_validator`')).toBe('no role of `ana` is model validator');
});
