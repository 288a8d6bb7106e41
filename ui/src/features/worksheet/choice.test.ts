import { expect, test } from 'vitest';
import type { GrantView } from '@/api/grants';
import { namedFor, severalFor } from './choice';

const grant = (id: string, object: string, purpose = 'pd') => ({ id, object, purpose, uses: ['explore'] }) as GrantView;
const readable = [grant('g-1', 'retail.core.customers'), grant('g-2', 'retail.core.customers'), grant('g-3', 'retail.core.plans'), grant('g-4', 'retail.core.plans', 'lgd')];

test('a choice is offered where two grants fit the purpose and the use', () => {
  const several = severalFor('SELECT * FROM "retail"."core"."customers" JOIN retail.core.plans USING (id)', readable, 'pd', 'explore');
  expect(several.map(({ object, grants }) => [object, grants.map(({ id }) => id)])).toEqual([['retail.core.customers', ['g-1', 'g-2']]]);
  expect(severalFor('SELECT * FROM retail.core.plans', readable, 'pd', 'explore')).toEqual([]);
  expect(severalFor('SELECT * FROM retail.core.customers', readable, 'pd', 'train')).toEqual([]);
});

test('only a grant that was chosen for a dataset of the query is named', () => {
  const several = severalFor('SELECT * FROM retail.core.customers', readable, 'pd', 'explore');
  expect(namedFor(several, { 'retail.core.customers': 'g-2', 'retail.core.plans': 'g-3' })).toEqual(['g-2']);
  expect(namedFor(several, {})).toEqual([]);
  expect(namedFor([], { 'retail.core.customers': 'g-2' })).toEqual([]);
});
