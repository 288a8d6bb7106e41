import { expect, test } from 'vitest';
import type { CandidateView } from '@/api/release';
import { inProd, situationOf } from './onItsWay';

const next = (text: string) => ({ tone: 'good' as const, text, reason: '', action: null });

test('a project with something live says how prod stands, every other one how it was set up', () => {
  expect(inProd(undefined)).toBeNull();
  expect(inProd({ live: null, answers: null, suspended: null, next: next('Nothing is live.') })).toBeNull();
  expect(inProd({ live: 1, answers: 1, suspended: null, next: next('Candidate 1 is live.') })?.text).toBe('Candidate 1 is live in prod.');
  expect(inProd({ live: null, answers: 1, suspended: null, next: next('Candidate 1 is verifying.') })?.text).toBe('Candidate 1 is verifying in prod.');
});

test('what moves or may be promoted is said before how the project was set up; what is wrong in prod comes first', () => {
  type Promotions = CandidateView['promotions'];
  const into = (environment: string, state: Promotions[number]['state']) => ({ id: 'p', kind: 'release' as const, environment, state });
  const say = (state: 'running' | 'cut' | 'not_cut', promotions: Promotions | null, prod?: Parameters<typeof inProd>[0]) => situationOf({ releases: [{ state, reason: 'roc_auc is too low', candidate: null }], candidates: promotions ? [{ number: 1, promotions }] : [], prod });
  expect(situationOf({ releases: [], candidates: [], prod: undefined })).toBeNull();
  expect(say('running', null)?.next.text).toBe('Main trains as preprod.');
  expect(say('not_cut', null)?.next).toMatchObject({ tone: 'bad', reason: 'roc_auc is too low' });
  expect(say('cut', [])).toMatchObject({ next: { text: 'Candidate 1 may be promoted into preprod.' }, offered: { number: 1, into: 'preprod' } });
  expect(say('cut', [into('preprod', 'live')])?.offered).toEqual({ number: 1, into: 'prod' });
  expect(say('cut', [into('preprod', 'rejected')])).toBeNull();
  expect(say('cut', [into('prod', 'awaiting_approval'), into('preprod', 'live')])?.next).toMatchObject({ tone: 'waiting', text: 'Candidate 1 is at the gate into prod.' });
  const stopped = { live: 1, answers: null, suspended: null, next: { ...next('Stopped.'), tone: 'bad' as const } };
  expect(say('running', [], stopped)?.next.text).toBe('Stopped in prod.');
});
