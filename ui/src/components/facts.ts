/** Looks that are not states: what the server says beside a state for this viewer. */
import type { StateLook, Tone } from '@/api/states';

const s = (tone: Tone, icon: string, word: string): StateLook => ({ tone, icon, word });

/** The looks by group and fact. */
export const facts = {
  datasetForYou: {
    readable: s('good', 'key', 'You may read'), waits: s('waiting', 'user-question', 'Asked for'), scheduled: s('idle', 'calendar-clock', 'Starts later'),
    askable: s('idle', 'lock', 'No access yet'),
  },
  columnForYou: {
    clear: s('good', 'eye', 'Clear'), masked: s('idle', 'mask', 'Masked'), check: s('idle', 'scale', 'Check only'),
    not_granted: s('idle', 'eye-off', 'Not granted'),
  },
  request: { terms: s('good', 'circle-half-2', 'Approved with terms'), yours: s('waiting', 'user-question', 'Waits for you') },
  level: {
    public: s('idle', 'world', 'Public'), internal: s('idle', 'building', 'Internal'), confidential: s('idle', 'lock', 'Confidential'),
    restricted: s('idle', 'shield-lock', 'Restricted'),
  },
  grant: { ends_soon: s('warn', 'clock-exclamation', 'Ends soon') },
  gate: { author: s('idle', 'user-off', 'May not approve') },
} satisfies Record<string, Record<string, StateLook>>;

/** Returns the look of a fact; a word this page does not know is shown as it is. */
export function factLook(group: keyof typeof facts, fact: string): StateLook {
  const looks: Record<string, StateLook> = facts[group];
  return looks[fact] ?? s('idle', 'help', fact);
}
