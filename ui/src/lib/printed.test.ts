import { expect, test } from 'vitest';
import { printedPlace } from './printed';

test('the addresses that a client of MLflow prints lead to places of ours', () => {
  expect(printedPlace('#/experiments/0/runs/0f3a-b1')).toBe('/experiment-runs/0f3a-b1');
  expect(printedPlace('#/experiments/e-17/runs/0f3a-b1')).toBe('/experiment-runs/0f3a-b1');
  expect(printedPlace('#/experiments/e-17')).toBe('/experiments/e-17');
  expect(printedPlace('#/experiments/0')).toBe('/experiments');
});

test('every other address stays as it is', () => {
  for (const hash of ['', '#', '#columns', '#/experiments', '#/experiments/', '#/experiments/a/b', '#/experiments/../x', '#/experiments/1/runs/', '#/models/x']) expect(printedPlace(hash)).toBeNull();
});
