import { expect, test } from 'vitest';
import type { Scope } from '@/api/requests';
import { asAsked, changesNothing, choicesBelow, levelsChanged, levelsOf, presetOf, ruleText, summary, termsOf } from './terms';

const asked: Scope = {
  columns: [{ name: 'age', as: 'check' }, { name: 'amount', as: 'clear' }, { name: 'iban', as: 'clear' }, { name: 'name', as: 'token' }],
  row_filter: [], rows: '', expires_at: '2027-12-31T23:59:59Z',
};
const types = { amount: 'Float64', iban: 'Utf8' };

test('as asked narrows nothing', () => {
  expect(termsOf(asAsked(asked), asked, types)).toEqual({});
  expect(changesNothing({})).toBe(true);
});

test('terms carry only what is narrower, in the mask that fits the type', () => {
  const draft = { ...asAsked(asked), choices: { age: 'check', amount: 'mask', iban: 'mask', name: 'out' } as const, until: '2027-03-31' };
  expect(termsOf(draft, asked, types)).toEqual({ columns: { amount: 'null', iban: 'token', name: 'left_out' }, until: '2027-03-31T23:59:59Z' });
});

test('a later end and an unfinished rule never leave the page', () => {
  const draft = { ...asAsked(asked), until: '2028-01-31', rules: [{ column: 'amount', op: 'at_most' as const, value: '' }] };
  expect(termsOf(draft, asked, types)).toEqual({});
});

test('a value is a number where the column is one and a text where it is a text', () => {
  const rules = [{ column: 'amount', op: 'at_most' as const, value: '7,000' }, { column: 'iban', op: 'is' as const, value: '12' }, { column: 'iban', op: 'is_empty' as const }];
  expect(termsOf({ ...asAsked(asked), rules }, asked, types).row_filter).toEqual([
    { column: 'amount', op: 'at_most', value: 7000 }, { column: 'iban', op: 'is', value: '12' }, { column: 'iban', op: 'is_empty' },
  ]);
});

test('a decision can only go down from what was asked, and check does not compare with mask', () => {
  expect(choicesBelow('clear')).toEqual(['clear', 'mask', 'check', 'out']);
  expect(choicesBelow('token')).toEqual(['mask', 'out']);
  expect(choicesBelow('check')).toEqual(['check', 'out']);
});

test('the bar and the rules read as sentences', () => {
  expect(summary(asAsked(asked))).toBe('2 columns clear, 1 masked, 1 for the check alone');
  expect(ruleText({ column: 'amount', op: 'at_most', value: 7000 })).toBe('amount is at most 7000');
  expect(ruleText({ column: 'name', op: 'in', value: ["O'Hara", 'b'] }, 'sql')).toBe("name IN ('O''Hara', 'b')");
});

test('an approval sends the levels that were drawn, and says which are others now', () => {
  const column = (name: string, as: 'clear' | 'left_out', level: 'internal' | 'restricted') => ({ name, as, level, data_type: 'Utf8', level_source: 'proposed' as const });
  const drawn = levelsOf({ columns: [column('age', 'clear', 'internal'), column('iban', 'clear', 'restricted'), column('rate', 'left_out', 'internal')] });
  expect(drawn).toEqual({ age: 'internal', iban: 'restricted' });
  const now = levelsOf({ columns: [column('age', 'clear', 'restricted'), column('iban', 'clear', 'restricted')] });
  expect(levelsChanged(drawn, drawn)).toEqual([]);
  expect(levelsChanged(drawn, now)).toEqual(['age was internal, and is restricted']);
});

test('what is sensitive is left out unless it is asked for', () => {
  const levels = ['public', 'internal', 'confidential', 'restricted'] as const;
  expect(levels.map((level) => presetOf({ level, level_source: 'proposed' }))).toEqual(['clear', 'clear', 'out', 'out']);
  expect(presetOf({ level: 'restricted', level_source: 'unclassified' })).toBe('clear');
});
