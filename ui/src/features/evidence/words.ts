/** Evidence in words: moments as UTC, which is what is on record, and the command that checks a dossier. */
import type { LiveThen } from '@/api/evidence';
import { readPrincipal } from '@/components';
import { words } from '@/lib/format';

const dayOf = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const timeOf = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });

/** Returns a moment as evidence writes it, "31 Mar 2026 12:00 UTC". */
export function utc(at: string): string {
  const then = new Date(at);
  return `${dayOf.format(then)} ${timeOf.format(then)} UTC`;
}

/** Returns a moment as a date-time input holds it, in UTC. */
export function toInput(at: string): string {
  const then = new Date(at);
  return Number.isNaN(then.getTime()) ? '' : then.toISOString().slice(0, 16);
}

/** Returns what was put into a date-time input as a moment in UTC; nothing where it is none. */
export function fromInput(text: string): string | undefined {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? `${text.length === 16 ? `${text}:00` : text}Z` : undefined;
}

/** Returns the name of a candidate's dossier as a file. */
export const dossierName = (project: string, candidate: number) => `${project.replaceAll('/', '-')}-${candidate}.dossier.json`;

/** Returns the command that checks a dossier without a server. */
export const verifyCommand = (project: string, candidate: number, key: string | undefined) => `lockgate evidence verify ${dossierName(project, candidate)} --key ${key ?? 'KEY'}`;

/** Returns who let it, in one line for each: name, then roles. */
export function approversOf(live: Pick<LiveThen, 'approved_by'>): { name: string; roles: string; at: string; comment: string | null; promotion: string }[] {
  return live.approved_by.map((one) => ({ name: readPrincipal(one.person).name, roles: one.roles.map(words).join(', '), at: one.at, comment: one.comment ?? null, promotion: one.promotion }));
}

/** Returns how it came there, "rolled back to" or "resumed"; null for a release. */
export function cameBy(kind: LiveThen['kind']): string | null {
  return { release: null, rollback: 'by a roll back', resume: 'resumed after a stop' }[kind];
}
