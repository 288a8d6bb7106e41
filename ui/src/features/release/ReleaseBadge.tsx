import { Badge } from '@/components';
import type { BadgeForm } from '@/components/StateBadge';
import { lookFor, type ReleaseKind } from './looks';

/** Shows a state of a release. `word` replaces the state's own. */
export function ReleaseBadge({ kind, state, form = 'plain', fact, word }: { kind: ReleaseKind; state: string; form?: BadgeForm; fact?: string | null; word?: string }) {
  const look = lookFor(kind, state);
  return <Badge look={word ? { ...look, word } : look} form={form} fact={fact} />;
}
