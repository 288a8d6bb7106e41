/** How the states of a release look: the server's own words as soon as `states.ts` carries the kind, until then those of the design. */
import { type StateLook, states, type Tone } from '@/api/states';

const s = (tone: Tone, icon: string, word: string): StateLook => ({ tone, icon, word });

/** The looks by kind and state. */
export const looks = {
  promotion: {
    offered: s('idle', 'circle-dashed', 'Offered'), checking: s('working', 'loader-2', 'Checking'), awaiting_approval: s('waiting', 'user-question', 'Awaiting approval'),
    deploying: s('working', 'rocket', 'Deploying'), verifying: s('working', 'progress-check', 'Verifying'), live: s('good', 'heartbeat', 'Live'),
    superseded: s('idle', 'archive', 'Superseded'), rejected: s('bad', 'barrier-block', 'Rejected'), failed: s('bad', 'circle-x', 'Failed'),
    abandoned: s('idle', 'circle-minus', 'Abandoned'), rolled_back: s('warn', 'history', 'Rolled back'),
  },
  hold: { placed: s('warn', 'hand-stop', 'Held'), lifted: s('idle', 'hand-off', 'Lifted') },
  gatePolicy: { draft: s('idle', 'pencil', 'Draft'), in_force: s('good', 'shield-check', 'In force'), replaced: s('idle', 'archive', 'Replaced') },
  release: { running: s('working', 'loader-2', 'Running'), cut: s('good', 'package', 'Candidate cut'), not_cut: s('bad', 'barrier-block', 'No candidate'), failed: s('bad', 'circle-x', 'Failed') },
  verdict: { passed: s('good', 'circle-check', 'Passed'), failed: s('bad', 'circle-x', 'Failed'), not_computable: s('bad', 'plug-x', 'Could not compute') },
  gate: { passed: s('good', 'circle-check', 'Passed'), open: s('waiting', 'user-question', 'Waits for people'), failed: s('bad', 'circle-x', 'Closed'), waiting: s('working', 'hourglass', 'Waits') },
  endpoint: { empty: s('idle', 'circle-dashed', 'Serves nothing'), waiting: s('working', 'loader-2', 'First rollout'), serving: s('good', 'heartbeat', 'Serving'), stopped: s('bad', 'hand-stop', 'Suspended') },
  rollout: {
    created: s('working', 'package', 'Prepared'), loading: s('working', 'loader-2', 'Loading'), ready: s('working', 'player-play', 'Ready'), serving: s('good', 'heartbeat', 'Serving'),
    draining: s('idle', 'hourglass', 'Kept warm'), retired: s('idle', 'archive', 'Retired'), failed: s('bad', 'circle-x', 'Failed'),
  },
} satisfies Record<string, Record<string, StateLook>>;

/** The kinds of thing of a release that have states. */
export type ReleaseKind = keyof typeof looks;

/** Returns tone, icon and word of a state; a word this page does not know is shown as it is. */
export function lookFor(kind: ReleaseKind, state: string): StateLook {
  const generated = (states as Record<string, Record<string, StateLook>>)[kind]?.[state];
  const own: Record<string, StateLook> = looks[kind];
  return generated ?? own[state] ?? s('idle', 'help', state);
}

/** The look of what waits for this very viewer. */
export const yours: StateLook = s('waiting', 'user-question', 'Waits for you');
/** The look of a metric that is between its amber and its red limit. */
export const amber: StateLook = s('warn', 'alert-triangle', 'Amber');
