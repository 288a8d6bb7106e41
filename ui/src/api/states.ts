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
  // data
  dataset: { active: s('good', 'database', 'Active'), missing: s('bad', 'database-off', 'Missing'), retired: s('idle', 'archive', 'Retired') },
  visibility: { listed: s('idle', 'eye', 'Listed'), hidden: s('idle', 'eye-off', 'Hidden') },
  columnLevel: {
    public: s('idle', 'world', 'Public'), internal: s('idle', 'building', 'Internal'),
    confidential: s('idle', 'lock', 'Confidential'), restricted: s('idle', 'shield-lock', 'Restricted'),
  },
  levelSource: {
    unclassified: s('warn', 'help', 'Unclassified'), proposed: s('waiting', 'user-question', 'Proposed'),
    confirmed: s('good', 'circle-check', 'Confirmed'), corrected: s('good', 'pencil', 'Corrected'),
  },
  standingApproval: {
    draft: s('idle', 'pencil', 'Draft'), proposed: s('waiting', 'user-question', 'Proposed'), in_force: s('good', 'shield-check', 'In force'),
    due_for_review: s('warn', 'calendar-exclamation', 'Due for review'), withdrawn: s('idle', 'arrow-back-up', 'Withdrawn'),
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
  developmentCopy: {
    planned: s('idle', 'circle-dashed', 'Planned'), building: s('working', 'loader-2', 'Building'), checking: s('working', 'loader-2', 'Checking'),
    published: s('good', 'circle-check', 'Published'), refused: s('bad', 'ban', 'Refused'), withdrawn: s('idle', 'arrow-back-up', 'Withdrawn'),
  },
  crawl: {
    queued: s('idle', 'circle-dashed', 'Queued'), running: s('working', 'loader-2', 'Crawling'), done: s('good', 'circle-check', 'Done'),
    failed: s('bad', 'circle-x', 'Failed'),
  },
  change: { first: s('idle', 'circle-plus', 'First'), compatible: s('good', 'circle-check', 'Compatible'), breaking: s('bad', 'alert-triangle', 'Breaking') },
  // work
  run: {
    queued: s('idle', 'circle-dashed', 'Queued'), running: s('working', 'loader-2', 'Running'), cancelling: s('working', 'player-stop', 'Cancelling'),
    succeeded: s('good', 'circle-check', 'Succeeded'), failed: s('bad', 'circle-x', 'Failed'), cancelled: s('idle', 'ban', 'Cancelled'),
  },
  step: {
    waiting: s('idle', 'circle-dashed', 'Waiting'), ready: s('idle', 'circle-dot', 'Ready'), running: s('working', 'loader-2', 'Running'),
    awaiting_approval: s('waiting', 'user-question', 'Awaiting approval'), awaiting_event: s('idle', 'hourglass', 'Awaiting event'),
    executed: s('good', 'circle-check', 'Succeeded'), cached: s('good', 'recycle', 'Cached'), failed: s('bad', 'circle-x', 'Failed'),
    skipped: s('idle', 'player-skip-forward', 'Skipped'), cancelled: s('idle', 'ban', 'Cancelled'),
  },
  attempt: {
    planned: s('idle', 'circle-dashed', 'Planned'), submitted: s('idle', 'send', 'Submitted'), claimed: s('working', 'plug-connected', 'Claimed'),
    running: s('working', 'loader-2', 'Running'), succeeded: s('good', 'circle-check', 'Succeeded'), failed_user: s('bad', 'circle-x', 'Failed in its code'),
    failed_infrastructure: s('bad', 'server-off', 'Failed: infrastructure'), failed_timeout: s('bad', 'clock-x', 'Failed: out of time'),
    failed_memory: s('bad', 'cpu-2', 'Failed: out of memory'), lost: s('bad', 'plug-x', 'Lost'), cancelled: s('idle', 'ban', 'Cancelled'),
    superseded: s('idle', 'archive', 'Superseded'),
  },
  job: {
    queued: s('idle', 'circle-dashed', 'Queued'), leased: s('working', 'loader-2', 'Working'), done: s('good', 'circle-check', 'Done'), dead: s('bad', 'circle-x', 'Gave up'),
  },
  packageDecision: {
    requested: s('waiting', 'user-question', 'Requested'), approved: s('good', 'circle-check', 'Approved'), denied: s('bad', 'ban', 'Denied'),
    revoked: s('bad', 'circle-minus', 'Revoked'),
  },
  // release
  modelVersion: {
    registered: s('idle', 'tag', 'Registered'), approved: s('good', 'shield-check', 'Approved'), suspended: s('bad', 'player-pause', 'Suspended'),
    withdrawn: s('idle', 'arrow-back-up', 'Withdrawn'),
  },
  promotion: {
    offered: s('idle', 'circle-dashed', 'Offered'), checking: s('working', 'loader-2', 'Checking'), awaiting_approval: s('waiting', 'user-question', 'Awaiting approval'),
    deploying: s('working', 'rocket', 'Deploying'), verifying: s('working', 'progress-check', 'Verifying'), live: s('good', 'heartbeat', 'Live'),
    superseded: s('idle', 'archive', 'Superseded'), rejected: s('bad', 'barrier-block', 'Rejected'), failed: s('bad', 'circle-x', 'Failed'),
    abandoned: s('idle', 'circle-minus', 'Abandoned'), rolled_back: s('warn', 'history', 'Rolled back'),
  },
  hold: { placed: s('warn', 'hand-stop', 'Held'), lifted: s('idle', 'hand-off', 'Lifted') },
  /** A version of a gate policy or of a tolerance. */
  policyVersion: { draft: s('idle', 'pencil', 'Draft'), in_force: s('good', 'shield-check', 'In force'), replaced: s('idle', 'archive', 'Replaced') },
  validation: {
    requested: s('waiting', 'user-question', 'Requested'), in_review: s('waiting', 'file-search', 'In review'), passed: s('good', 'clipboard-check', 'Passed'),
    passed_with_conditions: s('warn', 'clipboard-text', 'Passed with conditions'), failed: s('bad', 'clipboard-x', 'Failed'),
  },
  rollout: {
    created: s('idle', 'circle-dashed', 'Created'), loading: s('working', 'loader-2', 'Loading'), ready: s('idle', 'circle-dot', 'Ready'),
    serving: s('good', 'heartbeat', 'Serving'), draining: s('working', 'droplet-half-2', 'Draining'), retired: s('idle', 'archive', 'Retired'), failed: s('bad', 'circle-x', 'Failed'),
  },
  /** A project, an environment, a blueprint instance. */
  place: {
    provisioning: s('working', 'loader-2', 'Provisioning'), available: s('good', 'circle-check', 'Available'), under_change: s('working', 'tool', 'Under change'),
    tainted: s('warn', 'alert-triangle', 'Tainted'), error: s('bad', 'circle-x', 'Error'), terminating: s('working', 'trash', 'Terminating'), terminated: s('idle', 'trash-off', 'Terminated'),
  },
  useCase: {
    proposed: s('idle', 'bulb', 'Proposed'), proving: s('idle', 'flask', 'Proving'), viable: s('good', 'thumb-up', 'Viable'),
    not_viable: s('bad', 'thumb-down', 'Not viable'), needs_data: s('warn', 'database-search', 'Needs data'),
  },
  // operation
  monitor: { active: s('good', 'activity-heartbeat', 'Active'), paused: s('idle', 'player-pause', 'Paused') },
  evaluation: { within: s('good', 'circle-check', 'Within'), breached: s('bad', 'alert-octagon', 'Breached'), not_computable: s('bad', 'plug-x', 'Could not compute') },
  severity: { amber: s('warn', 'alert-triangle', 'Amber'), red: s('bad', 'alert-octagon', 'Red') },
  breach: {
    open: s('waiting', 'user-question', 'Open'), acknowledged: s('idle', 'user-check', 'Acknowledged'), resolved: s('good', 'circle-check', 'Resolved'), muted: s('idle', 'bell-off', 'Muted'),
  },
  token: { active: s('good', 'key', 'Active'), expired: s('idle', 'clock-x', 'Expired'), revoked: s('bad', 'key-off', 'Revoked') },
} satisfies Record<string, Record<string, StateLook>>;
