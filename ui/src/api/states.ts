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
  attempt: {
    cancelled: { tone: 'idle', icon: 'ban', word: 'Cancelled' },
    claimed: { tone: 'working', icon: 'plug-connected', word: 'Starting' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    lost: { tone: 'bad', icon: 'plug-x', word: 'Lost' },
    planned: { tone: 'idle', icon: 'circle-dashed', word: 'Planned' },
    running: { tone: 'working', icon: 'loader-2', word: 'Running' },
    submitted: { tone: 'idle', icon: 'send', word: 'Submitted' },
    succeeded: { tone: 'good', icon: 'circle-check', word: 'Succeeded' },
    superseded: { tone: 'idle', icon: 'archive', word: 'Superseded' },
  },
  change: {
    breaking: { tone: 'bad', icon: 'alert-triangle', word: 'Breaking' },
    compatible: { tone: 'good', icon: 'circle-check', word: 'Compatible' },
    first: { tone: 'idle', icon: 'circle-plus', word: 'First' },
  },
  check: {
    error: { tone: 'warn', icon: 'alert-triangle', word: 'Could not be judged' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    passed: { tone: 'good', icon: 'circle-check', word: 'Passed' },
    queued: { tone: 'idle', icon: 'circle-dashed', word: 'Queued' },
    running: { tone: 'working', icon: 'loader-2', word: 'Running' },
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
  endpoint: {
    empty: { tone: 'idle', icon: 'circle-dashed', word: 'Serves nothing' },
    failing: { tone: 'bad', icon: 'alert-triangle', word: 'Cannot answer' },
    serving: { tone: 'good', icon: 'circle-check', word: 'Serving' },
    stopped: { tone: 'bad', icon: 'hand-stop', word: 'Suspended' },
    waiting: { tone: 'working', icon: 'loader-2', word: 'First rollout' },
  },
  experiment: {
    active: { tone: 'idle', icon: 'flask', word: 'Active' },
    deleted: { tone: 'idle', icon: 'trash', word: 'Deleted' },
  },
  experimentRun: {
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    finished: { tone: 'good', icon: 'circle-check', word: 'Finished' },
    killed: { tone: 'idle', icon: 'player-stop', word: 'Killed' },
    running: { tone: 'working', icon: 'player-play', word: 'Running' },
    scheduled: { tone: 'waiting', icon: 'clock', word: 'Scheduled' },
  },
  gate: {
    failed: { tone: 'bad', icon: 'circle-x', word: 'Closed' },
    open: { tone: 'waiting', icon: 'user-question', word: 'Waits for people' },
    passed: { tone: 'good', icon: 'circle-check', word: 'Open' },
    waiting: { tone: 'working', icon: 'hourglass', word: 'Waits' },
  },
  gatePolicy: {
    draft: { tone: 'idle', icon: 'pencil', word: 'Draft' },
    in_force: { tone: 'good', icon: 'circle-check', word: 'In force' },
    replaced: { tone: 'idle', icon: 'archive', word: 'Replaced' },
  },
  grant: {
    active: { tone: 'good', icon: 'key', word: 'Active' },
    expired: { tone: 'idle', icon: 'clock-x', word: 'Expired' },
    revoked: { tone: 'bad', icon: 'key-off', word: 'Revoked' },
    scheduled: { tone: 'idle', icon: 'calendar-clock', word: 'Starts later' },
    suspended: { tone: 'warn', icon: 'player-pause', word: 'Suspended' },
  },
  hold: {
    lifted: { tone: 'idle', icon: 'archive', word: 'Lifted' },
    placed: { tone: 'warn', icon: 'hand-stop', word: 'Held' },
  },
  instance: {
    available: { tone: 'good', icon: 'circle-check', word: 'Available' },
    error: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    provisioning: { tone: 'working', icon: 'loader-2', word: 'Being set up' },
    tainted: { tone: 'warn', icon: 'alert-triangle', word: 'Tainted' },
    terminated: { tone: 'idle', icon: 'circle-off', word: 'Removed' },
    terminating: { tone: 'working', icon: 'loader-2', word: 'Being removed' },
    under_change: { tone: 'working', icon: 'refresh', word: 'Under change' },
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
  loggedModel: {
    failed: { tone: 'bad', icon: 'circle-x', word: 'Upload failed' },
    pending: { tone: 'working', icon: 'upload', word: 'Uploading' },
    ready: { tone: 'good', icon: 'circle-check', word: 'Ready' },
  },
  merge: {
    asked: { tone: 'working', icon: 'git-pull-request', word: 'Under way' },
    merged: { tone: 'good', icon: 'git-merge', word: 'Merged' },
    refused: { tone: 'bad', icon: 'circle-x', word: 'Not carried out' },
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
  promotion: {
    abandoned: { tone: 'idle', icon: 'arrow-back-up', word: 'Abandoned' },
    awaiting_approval: { tone: 'waiting', icon: 'user-question', word: 'Waits for approval' },
    checking: { tone: 'working', icon: 'loader-2', word: 'Gates are checked' },
    deploying: { tone: 'working', icon: 'package', word: 'Deploying' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    live: { tone: 'good', icon: 'circle-check', word: 'Live' },
    offered: { tone: 'idle', icon: 'circle-dashed', word: 'Offered' },
    rejected: { tone: 'bad', icon: 'ban', word: 'Rejected' },
    rolled_back: { tone: 'warn', icon: 'alert-triangle', word: 'Rolled back' },
    superseded: { tone: 'idle', icon: 'archive', word: 'Superseded' },
    verifying: { tone: 'working', icon: 'hourglass', word: 'Verifying' },
  },
  push: {
    applied: { tone: 'good', icon: 'git-commit', word: 'Pushed' },
    dropped: { tone: 'idle', icon: 'circle-x', word: 'Not carried out' },
    recorded: { tone: 'working', icon: 'loader-2', word: 'Recorded' },
    unexplained: { tone: 'bad', icon: 'alert-triangle', word: 'Moved without a push' },
  },
  pythonEnvironment: {
    building: { tone: 'working', icon: 'loader-2', word: 'Building' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    ready: { tone: 'good', icon: 'circle-check', word: 'Ready' },
  },
  release: {
    cut: { tone: 'good', icon: 'circle-check', word: 'Candidate' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    not_cut: { tone: 'bad', icon: 'ban', word: 'No candidate' },
    running: { tone: 'working', icon: 'loader-2', word: 'Running' },
  },
  releasedVersion: {
    approved: { tone: 'good', icon: 'circle-check', word: 'Approved' },
    registered: { tone: 'idle', icon: 'tag', word: 'Registered' },
    suspended: { tone: 'bad', icon: 'hand-stop', word: 'Suspended' },
    withdrawn: { tone: 'idle', icon: 'archive', word: 'Withdrawn' },
  },
  rollout: {
    created: { tone: 'working', icon: 'package', word: 'Prepared' },
    draining: { tone: 'idle', icon: 'hourglass', word: 'Kept warm' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    loading: { tone: 'working', icon: 'loader-2', word: 'Loading' },
    ready: { tone: 'working', icon: 'player-play', word: 'Ready' },
    retired: { tone: 'idle', icon: 'archive', word: 'Retired' },
    serving: { tone: 'good', icon: 'circle-check', word: 'Serving' },
  },
  run: {
    cancelled: { tone: 'idle', icon: 'ban', word: 'Cancelled' },
    cancelling: { tone: 'working', icon: 'player-stop', word: 'Cancelling' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    queued: { tone: 'idle', icon: 'circle-dashed', word: 'Queued' },
    running: { tone: 'working', icon: 'loader-2', word: 'Running' },
    succeeded: { tone: 'good', icon: 'circle-check', word: 'Succeeded' },
  },
  step: {
    cancelled: { tone: 'idle', icon: 'ban', word: 'Cancelled' },
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    ready: { tone: 'idle', icon: 'circle-dot', word: 'Ready' },
    running: { tone: 'working', icon: 'loader-2', word: 'Running' },
    skipped: { tone: 'idle', icon: 'player-skip-forward', word: 'Skipped' },
    succeeded: { tone: 'good', icon: 'circle-check', word: 'Succeeded' },
    waiting: { tone: 'idle', icon: 'circle-dashed', word: 'Waits for other steps' },
  },
  token: {
    active: { tone: 'good', icon: 'key', word: 'Active' },
    expired: { tone: 'idle', icon: 'clock-x', word: 'Expired' },
    revoked: { tone: 'idle', icon: 'key-off', word: 'Revoked' },
  },
  verdict: {
    failed: { tone: 'bad', icon: 'circle-x', word: 'Failed' },
    not_computable: { tone: 'warn', icon: 'alert-triangle', word: 'Not computable' },
    passed: { tone: 'good', icon: 'circle-check', word: 'Passed' },
  },
  visibility: {
    hidden: { tone: 'idle', icon: 'eye-off', word: 'Hidden' },
    listed: { tone: 'idle', icon: 'eye', word: 'Listed' },
  },
} satisfies Record<string, Record<string, StateLook>>;
