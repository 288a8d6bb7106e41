import { expect, test } from 'vitest';
import type { GrantView } from '@/api/grants';
import { consequence, verbsFor } from './GrantActs';

const grant = (state: string, action: string | null) => ({ state, next: { tone: 'good', text: '', reason: '', action } }) as GrantView;

test('only what the server says this viewer may do is offered', () => {
  expect(verbsFor(grant('active', 'revoke_grant'), true, true)).toEqual(['suspend', 'revoke']);
  expect(verbsFor(grant('active', 'revoke_grant'), true, false)).toEqual(['revoke']);
  expect(verbsFor(grant('active', null), true, true)).toEqual([]);
  expect(verbsFor(grant('suspended', 'resume_grant'), true, true)).toEqual(['resume', 'revoke']);
  expect(verbsFor(grant('revoked', 'create_request'), true, true)).toEqual([]);
});

test('resuming says which restricted column is read as stored', () => {
  const suspended = { ...grant('suspended', 'resume_grant'), principal: 'person:ana', object: 'retail.core.customers', levels: { income: 'restricted' } } as GrantView;
  expect(consequence('resume', suspended)).toContain('income is restricted now, and is read as stored.');
});
