import { expect, test } from 'vitest';
import { actionWords, codeWords } from './words';

test('an action and a code of a problem are said in words, other reasons as they are', () => {
  expect(actionWords('DecideRequest')).toBe('Decided on a request');
  expect(actionWords('SetEnvironmentAvailable')).toBe('Set environment available');
  expect(codeWords('catalog.grant_not_in_force')).toBe('Grant not in force');
  expect(codeWords('the exploration is over')).toBeNull();
});
