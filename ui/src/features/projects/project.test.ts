import { expect, test } from 'vitest';
import { inProd } from './Project';

const next = (text: string) => ({ tone: 'good' as const, text, reason: '', action: null });

test('a project with something live says how prod stands, every other one how it was set up', () => {
  expect(inProd(undefined)).toBeNull();
  expect(inProd({ live: null, answers: null, suspended: null, next: next('Nothing is live.') })).toBeNull();
  expect(inProd({ live: 1, answers: 1, suspended: null, next: next('Candidate 1 is live.') })?.text).toBe('Candidate 1 is live in prod.');
  expect(inProd({ live: null, answers: 1, suspended: null, next: next('Candidate 1 is verifying.') })?.text).toBe('Candidate 1 is verifying in prod.');
});
