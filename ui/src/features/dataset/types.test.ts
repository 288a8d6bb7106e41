import { expect, test } from 'vitest';
import { shapeWord, typeWord } from './types';

test('the type of a column is a plain word, and an unknown one stays as it is', () => {
  expect(['Int64', 'UInt8', 'Float64', 'Decimal128(10, 2)', 'Utf8', 'LargeUtf8', 'Date32', 'Boolean', 'Timestamp(Microsecond, None)'].map(typeWord)).toEqual(['whole number', 'whole number', 'number', 'number', 'text', 'text', 'date', 'yes or no', 'time']);
  expect(typeWord('List(Utf8)')).toBe('List(Utf8)');
});

test('what texts look like is said in plain words, and an unknown one stays as it is', () => {
  expect(['email', 'zoned_datetime', 'digits', 'code'].map(shapeWord)).toEqual(['e-mail', 'date and time', 'digits', 'letters and digits']);
  expect(shapeWord('haiku')).toBe('haiku');
});
