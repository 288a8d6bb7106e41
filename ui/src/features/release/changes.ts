/** What differs from what is live, in words: digests say only that something moved, and metrics stand in their own table. */
import type { ReviewView } from '@/api/release';
import { sentence, spoken, unknown } from '@/lib/format';
import { metricNames } from './metrics';

const digest = /^(sha256:[0-9a-f]+|[0-9a-f]{7,64})$/;
const led = /^[0-9a-f]{7,64} (?=\S)/;

/** Returns the changes as they are shown; `named` puts names in the place of ids. */
export function changesShown(changes: ReviewView['changes'], named = (text: string) => text): { what: string; before: string; after: string }[] {
  return changes
    .filter((change) => !metricNames.includes(change.what))
    .map(({ what, before, after }) => {
      const isDigest = digest.test(after) && (before == null || digest.test(before));
      const plain = (text: string) => spoken(named(text.replace(led, '')).replaceAll('`', ''));
      if (isDigest) return { what: sentence(what), before: before == null ? unknown : 'as it is live', after: before == null ? 'its own' : 'changed' };
      return { what: sentence(what), before: before == null ? unknown : plain(before), after: plain(after) };
    });
}
