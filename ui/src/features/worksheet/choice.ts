import type { GrantView } from '@/api/grants';

/** A dataset of the query for which several grants fit: the reader names the one to read under; they are never added up. */
export type Several = { object: string; grants: GrantView[] };

/** Returns the datasets in `sql` for which more than one grant fits purpose and use. */
export function severalFor(sql: string, readable: GrantView[], purpose: string, use: string): Several[] {
  const text = sql.toLowerCase().replaceAll('"', '');
  const fitting = readable.filter((grant) => grant.purpose === purpose && grant.uses.some((one) => one === use));
  const objects = [...new Set(fitting.map((grant) => grant.object))].filter((object) => text.includes(object.toLowerCase()));
  return objects.map((object) => ({ object, grants: fitting.filter((grant) => grant.object === object) })).filter((one) => one.grants.length > 1);
}

/** Returns the grants to name: those chosen for datasets of the query for which there is a choice. */
export const namedFor = (several: Several[], chosen: Record<string, string>): string[] =>
  several.flatMap(({ object, grants }) => grants.filter((grant) => grant.id === chosen[object]).map((grant) => grant.id));
