// Written by `make gen` from the Rust enums (`states!`): do not edit.

export type Tone = 'idle' | 'working' | 'waiting' | 'good' | 'warn' | 'bad';

/** How a state looks. `icon` is a Tabler name: `circle-check` is `IconCircleCheck`. */
export type StateLook = { tone: Tone; icon: string; word: string };

export const states = {
  accessRequest: {
    approved: { tone: 'good', icon: 'circle-check', word: 'Approved' },
    draft: { tone: 'idle', icon: 'pencil', word: 'Draft' },
    expired_unanswered: { tone: 'idle', icon: 'clock-x', word: 'Expired unanswered' },
    rejected: { tone: 'bad', icon: 'ban', word: 'Rejected' },
    submitted: { tone: 'waiting', icon: 'user-question', word: 'Waits for data steward' },
    withdrawn: { tone: 'idle', icon: 'arrow-back-up', word: 'Withdrawn' },
  },
  change: {
    breaking: { tone: 'bad', icon: 'alert-triangle', word: 'Breaking' },
    compatible: { tone: 'good', icon: 'circle-check', word: 'Compatible' },
    first: { tone: 'idle', icon: 'circle-plus', word: 'First' },
  },
  crawl: {
    done: { tone: 'good', icon: 'circle-check', word: 'Done' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    queued: { tone: 'idle', icon: 'circle-dashed', word: 'Queued' },
    running: { tone: 'working', icon: 'loader-2', word: 'Crawling' },
  },
  dataset: {
    active: { tone: 'good', icon: 'database', word: 'Active' },
    missing: { tone: 'bad', icon: 'database-off', word: 'Missing' },
    retired: { tone: 'idle', icon: 'archive', word: 'Retired' },
  },
  grant: {
    active: { tone: 'good', icon: 'key', word: 'Active' },
    expired: { tone: 'idle', icon: 'clock-x', word: 'Expired' },
    revoked: { tone: 'bad', icon: 'key-off', word: 'Revoked' },
    scheduled: { tone: 'idle', icon: 'calendar-clock', word: 'Starts later' },
    suspended: { tone: 'warn', icon: 'player-pause', word: 'Suspended' },
  },
  job: {
    dead: { tone: 'bad', icon: 'alert-triangle', word: 'Failed' },
    done: { tone: 'good', icon: 'circle-check', word: 'Done' },
    leased: { tone: 'working', icon: 'loader-2', word: 'Running' },
    queued: { tone: 'idle', icon: 'clock', word: 'Queued' },
  },
  levelSource: {
    confirmed: { tone: 'good', icon: 'circle-check', word: 'Confirmed' },
    corrected: { tone: 'good', icon: 'pencil', word: 'Corrected' },
    proposed: { tone: 'waiting', icon: 'user-question', word: 'Proposed' },
    unclassified: { tone: 'warn', icon: 'help', word: 'Unclassified' },
  },
  origin: {
    crawled: { tone: 'idle', icon: 'radar', word: 'Found by a crawl' },
    published: { tone: 'good', icon: 'upload', word: 'Published' },
  },
  person: {
    active: { tone: 'good', icon: 'user-check', word: 'Active' },
    deactivated: { tone: 'idle', icon: 'user-off', word: 'Deactivated' },
  },
  token: {
    active: { tone: 'good', icon: 'key', word: 'Active' },
    expired: { tone: 'idle', icon: 'clock-x', word: 'Expired' },
    revoked: { tone: 'idle', icon: 'key-off', word: 'Revoked' },
  },
  visibility: {
    hidden: { tone: 'idle', icon: 'eye-off', word: 'Hidden' },
    listed: { tone: 'idle', icon: 'eye', word: 'Listed' },
  },
} satisfies Record<string, Record<string, StateLook>>;
