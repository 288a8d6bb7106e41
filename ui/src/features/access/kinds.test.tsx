import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { scopeLine } from '@/features/grants/GrantBadge';
import { draw } from '@/test/render';
import { WhoCalls } from './CallTerms';
import { callers, doingWords, kindOf, stateWord } from './kinds';

test('a request to call a model waits for its owner, every other for the data steward', () => {
  expect(stateWord({ kind: 'use', state: 'submitted' })).toEqual({ word: 'Waits for model owner' });
  expect(stateWord({ kind: 'use', state: 'approved' })).toEqual({});
  expect(stateWord({ kind: 'read', state: 'submitted' })).toEqual({});
});

test('kinds read as what they let somebody do', () => {
  expect([kindOf('use'), kindOf('write'), kindOf('odd'), kindOf(undefined)]).toEqual(['use', 'write', 'read', 'read']);
  expect([doingWords('use', ['score']), doingWords('read', ['explore', 'train'])]).toEqual(['Call it, to score', 'Explore, train']);
  expect(callers({ principal: 'group:analysts', object: 'prod.credit' })).toBe('Everyone in group analysts may call prod.credit, whoever joins it later too');
  expect(scopeLine({ kind: 'use', columns: [], row_filter: [] })).toBe('call it');
});

test('the review says whom it lets call what, for what, until when', async () => {
  const asked = { columns: [], row_filter: [], rows: '', expires_at: '2027-03-31T12:00:00Z' };
  await draw(<WhoCalls request={{ principal: 'person:ana', object: 'prod.credit', asked, granted: null, purpose: null }} model={{ title: 'Credit default', model: 'pd', version: 4 }} />);
  expect(screen.getByText('ana may call prod.credit')).toBeTruthy();
  expect(screen.getByText('Until 31 Mar 2027')).toBeTruthy();
  expect(screen.getByText(/Credit default: whichever version is live, now pd 4/)).toBeTruthy();
});
