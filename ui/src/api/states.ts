// Written by `make gen` from the Rust enums (`states!`): do not edit.

export type Tone = 'idle' | 'working' | 'waiting' | 'good' | 'warn' | 'bad';

/** How a state looks. `icon` is a Tabler name: `circle-check` is `IconCircleCheck`. */
export type StateLook = { tone: Tone; icon: string; word: string };

export const states = {
  grant: {
    active: { tone: 'good', icon: 'key', word: 'Active' },
    suspended: { tone: 'warn', icon: 'player-pause', word: 'Suspended' },
    revoked: { tone: 'bad', icon: 'key-off', word: 'Revoked' },
  },
  job: {
    queued: { tone: 'idle', icon: 'clock', word: 'Queued' },
    leased: { tone: 'working', icon: 'loader-2', word: 'Running' },
    done: { tone: 'good', icon: 'circle-check', word: 'Done' },
    dead: { tone: 'bad', icon: 'alert-triangle', word: 'Failed' },
  },
  request: {
    draft: { tone: 'idle', icon: 'pencil', word: 'Draft' },
    submitted: { tone: 'waiting', icon: 'user-question', word: 'Waits for data steward' },
    approved: { tone: 'good', icon: 'circle-check', word: 'Approved' },
    rejected: { tone: 'bad', icon: 'ban', word: 'Rejected' },
    withdrawn: { tone: 'idle', icon: 'arrow-back-up', word: 'Withdrawn' },
    expired_unanswered: { tone: 'idle', icon: 'clock-x', word: 'Expired unanswered' },
  },
} satisfies Record<string, Record<string, StateLook>>;
