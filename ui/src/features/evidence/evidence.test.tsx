import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { evidenceKeyQuery, liveQuery } from '@/api/evidence';
import { drawPage } from '@/test/page';
import { approversOf, cameBy, dossierName, fromInput, toInput, utc, verifyCommand } from './words';

test('a moment is UTC on its way in and out', () => {
  expect(fromInput('2026-03-31T12:00')).toBe('2026-03-31T12:00:00Z');
  expect(fromInput('')).toBeUndefined();
  expect(toInput('2026-03-31T14:00:00+02:00')).toBe('2026-03-31T12:00');
  expect(toInput('yesterday')).toBe('');
  expect(utc('2026-03-31T14:00:00+02:00')).toBe('31 Mar 2026 12:00 UTC');
});

test('the command that checks a dossier names the file as it is saved', () => {
  expect(verifyCommand('credit', 4, 'ed25519:ab')).toBe(`lockgate evidence verify ${dossierName('credit', 4)} --key ed25519:ab`);
  expect(verifyCommand('credit', 4, undefined)).toContain('--key KEY');
  expect(cameBy('release')).toBeNull();
  expect(cameBy('rollback')).toBe('by a roll back');
});

const base = { endpoint: 'prod.credit', project: 'credit', environment: 'prod', model: 'pd', asked_by: 'person:ana', digest: 'd', live_from: '2026-03-01T08:00:00Z', kind: 'release', verifying: false };
const vera = { person: 'person:vera', roles: ['model_validator'], at: '2026-03-01T07:00:00Z', promotion: 'p-1', comment: 'fit' };

test('what was live on a day stands with who approved it, in which role, and what had stopped answering', async () => {
  expect(approversOf({ approved_by: [vera as never] })).toEqual([{ name: 'vera', roles: 'model validator', at: vera.at, comment: 'fit', promotion: 'p-1' }]);
  drawPage('/evidence?at=2026-03-31T12:00:00Z', [], [
    [liveQuery({ at: '2026-03-31T12:00:00Z' }), { items: [{ ...base, candidate: 4, version: 3, promotion: 'p-1', approved_by: [vera], suspended: { by: 'person:cho', since: '2026-03-30T00:00:00Z', reason: 'odd scores' } }, { ...base, endpoint: 'prod.other', candidate: 7, version: 1, promotion: 'p-2', kind: 'rollback', approved_by: [], no_approval: 'a rollback is approved by nobody', verifying: true }], total: 2 }],
    [evidenceKeyQuery, { key: 'ed25519:abcd' }],
  ]);
  expect(await screen.findByText('Live on 31 Mar 2026 12:00 UTC')).toBeTruthy();
  expect(screen.getByText('as model validator, 1 Mar 2026 07:00 UTC: fit')).toBeTruthy();
  expect(screen.getByText(/since 30 Mar 2026 00:00 UTC by cho: odd scores/)).toBeTruthy();
  expect(screen.getByText('Verifying')).toBeTruthy();
  expect(screen.getByText('nobody: a rollback is approved by nobody')).toBeTruthy();
  expect(screen.getByText('ed25519:abcd')).toBeTruthy();
});
