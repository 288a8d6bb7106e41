import type { ProjectView } from '@/api/projects';
import { isUnderWay, type RunView } from '@/api/runs';
import { type Flight, lookOf, type Skiff } from '@/components';
import { floating, promotionOf, type Standing } from '@/features/release/flight';
import { age, instant, plural, shortId } from '@/lib/format';

function skiffOf(run: RunView): Skiff {
  const look = lookOf('run', run.state);
  return { key: run.id, icon: look.icon, sentence: `Run ${shortId(run.id)} of ${run.pipeline}, ${run.started_by}: ${look.word}`, to: { to: '/runs/$id', params: { id: run.id } } };
}

/** Returns since when something is live, as "live for 3 h" or, from a week on, by its day. */
function liveFor(at: string): string {
  const span = age(at);
  return /^\d+ [a-z]+( \d+ [a-z]+)?$/.test(span) ? `live for ${span}` : `live since ${span.replace(/ \d\d:\d\d$/, '')}`;
}

/** Returns the words under each chamber: what is there, or what is missing; and the small craft in dev. */
export function chambersOf(project: ProjectView, runs: RunView[], mergedAt: string | null, at: Standing): { main: Pick<Flight['main'], 'fact'>; dev: Omit<Flight['dev'], 'boats'>; preprod: string; prod: string } {
  const standing = (name: string, ready: string) => {
    const state = project.environments.find((environment) => environment.name === name)?.state ?? 'provisioning';
    return state === 'available' ? ready : lookOf('instance', state).word.toLowerCase();
  };
  const live = (environment: 'preprod' | 'prod') => at.production.find((one) => one.environment === environment);
  const inProd = live('prod');
  const since = inProd?.live != null ? promotionOf(at, inProd.live, 'prod') : null;
  const verified = floating(at).filter((one) => one.place === 'preprod' && !one.isOut).length;
  const prod = inProd?.suspended ? 'stopped' : inProd?.live == null ? 'nothing live' : since ? liveFor(since.live_at ?? since.changed_at) : 'live';
  const inPreprod = live('preprod');
  const preprod = inPreprod?.suspended ? 'stopped' : inPreprod?.live != null ? `serves candidate ${inPreprod.live}` : verified > 0 ? `${plural(verified, 'candidate')} here` : 'empty';
  return {
    main: { fact: mergedAt ? `merged ${instant(mergedAt)}` : 'template only' },
    dev: { fact: standing('dev', 'runs of people'), skiffs: runs.filter((run) => isUnderWay(run) && run.environment.endsWith('/dev')).map(skiffOf) },
    preprod: standing('preprod', preprod),
    prod: standing('prod', prod),
  };
}
