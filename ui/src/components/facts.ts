/** Looks that are not states: what the server says beside a state for this viewer. */
import type { StateLook, Tone } from '@/api/states';

const s = (tone: Tone, icon: string, word: string): StateLook => ({ tone, icon, word });

export const facts = {
  datasetForYou: {
    readable: s('good', 'key', 'You may read'), asked: s('waiting', 'user-question', 'Asked for'), none: s('idle', 'lock', 'No access yet'),
  },
  columnForYou: {
    clear: s('good', 'eye', 'Clear'), masked: s('idle', 'mask', 'Masked'), check: s('idle', 'scale', 'Check only'),
    not_granted: s('idle', 'eye-off', 'Not granted'),
  },
  request: { terms: s('good', 'circle-half-2', 'Approved with terms'), yours: s('waiting', 'user-question', 'Waits for you') },
  grant: { ends_soon: s('warn', 'clock-exclamation', 'Ends soon') },
  gate: { author: s('idle', 'user-off', 'May not approve') },
} satisfies Record<string, Record<string, StateLook>>;
