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
  attempt: {
    planned: { tone: 'idle', icon: 'clock', word: 'Planned' },
    submitted: { tone: 'idle', icon: 'send', word: 'Submitted' },
    claimed: { tone: 'working', icon: 'hand-grab', word: 'Starting' },
    running: { tone: 'working', icon: 'player-play', word: 'Running' },
    succeeded: { tone: 'good', icon: 'circle-check', word: 'Succeeded' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    lost: { tone: 'bad', icon: 'plug-connected-x', word: 'Lost' },
    cancelled: { tone: 'idle', icon: 'player-stop', word: 'Cancelled' },
    superseded: { tone: 'idle', icon: 'versions', word: 'Superseded' },
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
  experiment: {
    active: { tone: 'idle', icon: 'flask', word: 'Active' },
    deleted: { tone: 'idle', icon: 'trash', word: 'Deleted' },
  },
  experimentRun: {
    running: { tone: 'working', icon: 'player-play', word: 'Running' },
    scheduled: { tone: 'waiting', icon: 'clock', word: 'Scheduled' },
    finished: { tone: 'good', icon: 'circle-check', word: 'Finished' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    killed: { tone: 'idle', icon: 'player-stop', word: 'Killed' },
  },
  grant: {
    scheduled: { tone: 'idle', icon: 'calendar-clock', word: 'Starts later' },
    active: { tone: 'good', icon: 'key', word: 'Active' },
    suspended: { tone: 'warn', icon: 'player-pause', word: 'Suspended' },
    expired: { tone: 'idle', icon: 'clock-x', word: 'Expired' },
    revoked: { tone: 'bad', icon: 'key-off', word: 'Revoked' },
  },
  instance: {
    provisioning: { tone: 'working', icon: 'loader-2', word: 'Being set up' },
    available: { tone: 'good', icon: 'circle-check', word: 'Available' },
    under_change: { tone: 'working', icon: 'refresh', word: 'Under change' },
    tainted: { tone: 'warn', icon: 'alert-triangle', word: 'Tainted' },
    error: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    terminating: { tone: 'working', icon: 'loader-2', word: 'Being removed' },
    terminated: { tone: 'idle', icon: 'circle-off', word: 'Removed' },
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
  loggedModel: {
    pending: { tone: 'working', icon: 'upload', word: 'Uploading' },
    ready: { tone: 'good', icon: 'circle-check', word: 'Ready' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Upload failed' },
  },
  modelVersion: {
    registered: { tone: 'idle', icon: 'tag', word: 'Registered' },
  },
  origin: {
    crawled: { tone: 'idle', icon: 'radar', word: 'Found by a crawl' },
    published: { tone: 'good', icon: 'upload', word: 'Published' },
  },
  person: {
    active: { tone: 'good', icon: 'user-check', word: 'Active' },
    deactivated: { tone: 'idle', icon: 'user-off', word: 'Deactivated' },
  },
  pythonEnvironment: {
    building: { tone: 'working', icon: 'loader-2', word: 'Building' },
    ready: { tone: 'good', icon: 'circle-check', word: 'Ready' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
  },
  run: {
    queued: { tone: 'idle', icon: 'clock', word: 'Queued' },
    running: { tone: 'working', icon: 'player-play', word: 'Running' },
    cancelling: { tone: 'warn', icon: 'player-stop', word: 'Is being cancelled' },
    succeeded: { tone: 'good', icon: 'circle-check', word: 'Succeeded' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    cancelled: { tone: 'idle', icon: 'player-stop', word: 'Cancelled' },
  },
  step: {
    waiting: { tone: 'idle', icon: 'clock', word: 'Waits for other steps' },
    ready: { tone: 'idle', icon: 'clock-play', word: 'Ready' },
    running: { tone: 'working', icon: 'player-play', word: 'Running' },
    succeeded: { tone: 'good', icon: 'circle-check', word: 'Succeeded' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    skipped: { tone: 'idle', icon: 'player-skip-forward', word: 'Skipped' },
    cancelled: { tone: 'idle', icon: 'player-stop', word: 'Cancelled' },
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
