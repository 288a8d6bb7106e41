import { factLook } from './facts';

/** Returns the word of a level: unclassified as such, a proposed one with a question mark. */
export function levelWord(level: string, source?: string): string {
  if (source === 'unclassified') return 'Unclassified';
  return `${factLook('level', level).word}${source === 'proposed' ? '?' : ''}`;
}

const hints: Record<string, string> = {
  unclassified: 'Nobody has said how sensitive this is; it counts as restricted',
  proposed: 'Proposed by a rule, confirmed by nobody yet',
};

/** How sensitive a column or dataset is. Dashed, so that it is not taken for a state. */
export function Level({ level, source }: { level: string; source?: string }) {
  return (
    <span className="tag sens lvl" title={hints[source ?? '']}>
      {levelWord(level, source)}
    </span>
  );
}
