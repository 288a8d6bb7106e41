/** Looks that no state has by itself. */
import type { StateLook } from '@/api/states';

/** The look of what waits for this very viewer. */
export const yours: StateLook = { tone: 'waiting', icon: 'user-question', word: 'Waits for you' };
/** The look of what has all that it needs and is rolled out within seconds. */
export const soon: StateLook = { tone: 'working', icon: 'hourglass', word: 'Waits to be deployed' };
/** The look of a metric that is between its amber and its red limit. */
export const amber: StateLook = { tone: 'warn', icon: 'alert-triangle', word: 'Amber' };
