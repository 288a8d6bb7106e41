import { expect, test } from 'vitest';
import { states } from '@/api/states';
import { facts } from './facts';
import { findIcon } from './icons';

test('every state and every fact finds its icon', () => {
  const looks = [...Object.values(states), ...Object.values(facts)].flatMap((group) => Object.values(group));
  const missing = looks.filter((look) => !findIcon(look.icon)).map((look) => look.icon);
  expect(missing).toEqual([]);
});

test('a state that is not waiting for a person is never violet', () => {
  expect(states.accessRequest.submitted.tone).toBe('waiting');
  expect(states.grant.active.tone).toBe('good');
  expect(states.dataset.missing.icon).toBe('database-off');
});
