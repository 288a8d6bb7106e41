/**
 * The state vocabulary: a tone, an icon and a word for each state of STATES.md. In the project the kinds and states come from the Rust enums
 * by generation, so that a state without a look does not compile; this file gives the tone, icon and word for each. `StateBadge` renders
 * them; nothing else colours a state.
 */
export type Tone = 'idle' | 'working' | 'waiting' | 'good' | 'warn' | 'bad';
/** `icon` is a Tabler name: `circle-check` is `IconCircleCheck`. */
export type StateLook = { tone: Tone; icon: string; word: string };
const s = (tone: Tone, icon: string, word: string): StateLook => ({ tone, icon, word });

export const states = {
  dataset: { active: s('good', 'database', 'Active'), missing: s('bad', 'database-off', 'Missing'), retired: s('idle', 'archive', 'Retired') },
  visibility: { listed: s('idle', 'eye', 'Listed'), hidden: s('idle', 'eye-off', 'Hidden') },
  levelSource: {
    unclassified: s('warn', 'help', 'Unclassified'), proposed: s('waiting', 'user-question', 'Proposed'),
    confirmed: s('good', 'circle-check', 'Confirmed'), corrected: s('good', 'pencil', 'Corrected'),
  },
  accessRequest: {
    draft: s('idle', 'pencil', 'Draft'), submitted: s('waiting', 'user-question', 'Waits for data steward'),
    approved: s('good', 'circle-check', 'Approved'), rejected: s('bad', 'ban', 'Rejected'),
    withdrawn: s('idle', 'arrow-back-up', 'Withdrawn'), expired_unanswered: s('idle', 'clock-x', 'Expired unanswered'),
  },
  grant: {
    scheduled: s('idle', 'calendar-clock', 'Starts later'), active: s('good', 'key', 'Active'), suspended: s('warn', 'player-pause', 'Suspended'),
    expired: s('idle', 'clock-x', 'Expired'), revoked: s('bad', 'key-off', 'Revoked'),
  },
  crawl: {
    queued: s('idle', 'circle-dashed', 'Queued'), running: s('working', 'loader-2', 'Crawling'), done: s('good', 'circle-check', 'Done'),
    failed: s('bad', 'circle-x', 'Failed'),
  },
  change: { first: s('idle', 'circle-plus', 'First'), compatible: s('good', 'circle-check', 'Compatible'), breaking: s('bad', 'alert-triangle', 'Breaking') },
  job: {
    queued: s('idle', 'circle-dashed', 'Queued'), leased: s('working', 'loader-2', 'Working'), done: s('good', 'circle-check', 'Done'), dead: s('bad', 'circle-x', 'Gave up'),
  },
  token: { active: s('good', 'key', 'Active'), expired: s('idle', 'clock-x', 'Expired'), revoked: s('bad', 'key-off', 'Revoked') },
} satisfies Record<string, Record<string, StateLook>>;
