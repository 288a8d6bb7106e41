/** What a form for asking starts from: an address, or a draft. */
import type { ColumnTerm, RequestView, Rule, Use } from '@/api/requests';
import { type Kind, kindOf } from './kinds';
import { dayOf } from './terms';

/** Columns by name; one that is not asked for has no term. */
export type AskedTerms = Record<string, ColumnTerm | undefined>;
/** What is asked for, as the form holds it. What the form has no field for is kept as it was asked. */
export type Ask = { kind: Kind; object: string; principal: string; purpose: string | null; uses: Use[]; text: string; until: string; terms: AskedTerms; rowFilter: Rule[]; startsAt: string | null; expiresAt: string | null };

/** Returns the day that lies so many months ahead, as date inputs take it. */
export function monthsAhead(months: number): string {
  const day = new Date();
  day.setMonth(day.getMonth() + months);
  return day.toISOString().slice(0, 10);
}

/** Returns what the form starts from at an address. */
export function askOf(search: { kind?: string; object?: string; dataset?: string; for?: string }, person: string): Ask {
  return { kind: kindOf(search.kind), object: search.object ?? search.dataset ?? '', principal: search.for ?? `person:${person}`, purpose: null, uses: ['explore'], text: '', until: monthsAhead(3), terms: {}, rowFilter: [], startsAt: null, expiresAt: null };
}

/** Returns what the form starts from with a draft: as it was asked. */
export function askOfDraft(request: RequestView): Ask {
  const { kind, object, principal, purpose, uses, text, asked } = request;
  const terms = Object.fromEntries(request.columns.map(({ name, as }) => [name, as === 'left_out' ? undefined : as]));
  return { kind, object, principal, purpose: purpose?.id ?? null, uses, text, until: dayOf(asked.expires_at), terms, rowFilter: asked.row_filter, startsAt: asked.starts_at ?? null, expiresAt: asked.expires_at };
}

/** Returns the end that a day means: the end of that day, or the very moment that was asked for, if the day is the same. */
export const endOf = (until: string, ask: Pick<Ask, 'expiresAt'>): string => (ask.expiresAt && dayOf(ask.expiresAt) === until ? ask.expiresAt : `${until}T23:59:59Z`);
