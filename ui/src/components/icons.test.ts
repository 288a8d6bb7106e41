import { expect, test } from 'vitest';
import { states } from '@/api/states';
import { amber, soon, yours } from '@/features/release/looks';
import { facts } from './facts';
import { findIcon } from './icons';

test('every state and every fact finds its icon', () => {
  const all = [...Object.values(states), ...Object.values(facts), { amber, soon, yours }].flatMap((group) => Object.values(group));
  const missing = all.filter((look) => !findIcon(look.icon)).map((look) => look.icon);
  expect(missing).toEqual([]);
});

test('a state that is not waiting for a person is never violet', () => {
  expect(states.accessRequest.submitted.tone).toBe('waiting');
  expect(states.grant.active.tone).toBe('good');
  expect(states.dataset.missing.icon).toBe('database-off');
});
