// Written by `make gen` from the Rust enums (`states!`): do not edit.

export type Tone = 'idle' | 'working' | 'waiting' | 'good' | 'warn' | 'bad';

/** How a state looks. `icon` is a Tabler name: `circle-check` is `IconCircleCheck`. */
export type StateLook = { tone: Tone; icon: string; word: string };

export const states = {
  accessRequest: {
    draft: { tone: 'idle', icon: 'pencil', word: 'Draft' },
    submitted: { tone: 'waiting', icon: 'user-question', word: 'Waits for data steward' },
    approved: { tone: 'good', icon: 'circle-check', word: 'Approved' },
    rejected: { tone: 'bad', icon: 'ban', word: 'Rejected' },
    withdrawn: { tone: 'idle', icon: 'arrow-back-up', word: 'Withdrawn' },
    expired_unanswered: { tone: 'idle', icon: 'clock-x', word: 'Expired unanswered' },
  },
  change: {
    first: { tone: 'idle', icon: 'circle-plus', word: 'First' },
    compatible: { tone: 'good', icon: 'circle-check', word: 'Compatible' },
    breaking: { tone: 'bad', icon: 'alert-triangle', word: 'Breaking' },
  },
  crawl: {
    queued: { tone: 'idle', icon: 'circle-dashed', word: 'Queued' },
    running: { tone: 'working', icon: 'loader-2', word: 'Crawling' },
    done: { tone: 'good', icon: 'circle-check', word: 'Done' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
  },
  dataset: {
    active: { tone: 'good', icon: 'database', word: 'Active' },
    missing: { tone: 'bad', icon: 'database-off', word: 'Missing' },
    retired: { tone: 'idle', icon: 'archive', word: 'Retired' },
  },
  grant: {
    scheduled: { tone: 'idle', icon: 'calendar-clock', word: 'Starts later' },
    active: { tone: 'good', icon: 'key', word: 'Active' },
    suspended: { tone: 'warn', icon: 'player-pause', word: 'Suspended' },
    expired: { tone: 'idle', icon: 'clock-x', word: 'Expired' },
    revoked: { tone: 'bad', icon: 'key-off', word: 'Revoked' },
  },
  job: {
    queued: { tone: 'idle', icon: 'clock', word: 'Queued' },
    leased: { tone: 'working', icon: 'loader-2', word: 'Running' },
    done: { tone: 'good', icon: 'circle-check', word: 'Done' },
    dead: { tone: 'bad', icon: 'alert-triangle', word: 'Failed' },
  },
  levelSource: {
    unclassified: { tone: 'warn', icon: 'help', word: 'Unclassified' },
    proposed: { tone: 'waiting', icon: 'user-question', word: 'Proposed' },
    confirmed: { tone: 'good', icon: 'circle-check', word: 'Confirmed' },
    corrected: { tone: 'good', icon: 'pencil', word: 'Corrected' },
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
    revoked: { tone: 'idle', icon: 'key-off', word: 'Revoked' },
    expired: { tone: 'idle', icon: 'clock-x', word: 'Expired' },
  },
  visibility: {
    listed: { tone: 'idle', icon: 'eye', word: 'Listed' },
    hidden: { tone: 'idle', icon: 'eye-off', word: 'Hidden' },
  },
} satisfies Record<string, Record<string, StateLook>>;
