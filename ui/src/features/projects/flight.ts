import type { ProjectView } from '@/api/projects';
import { isUnderWay, type RunView } from '@/api/runs';
import { type Flight, lookOf, type Skiff } from '@/components';
import { shortId } from '@/lib/format';

function skiffOf(run: RunView): Skiff {
  const look = lookOf('run', run.state);
  return { key: run.id, icon: look.icon, sentence: `Run ${shortId(run.id)} of ${run.pipeline}, ${run.started_by}: ${look.word}`, to: { to: '/runs/$id', params: { id: run.id } } };
}

/** Returns what floats where, less its head and gates. Candidates come with the merge pipeline; until the first, the chambers say so. */
export function chambersOf(project: ProjectView, runs: RunView[], merges: number): { main: Flight['main']; dev: Flight['dev']; preprod: string; prod: string } {
  const standing = (name: string, ready: string) => {
    const state = project.environments.find((environment) => environment.name === name)?.state ?? 'provisioning';
    return state === 'available' ? ready : lookOf('instance', state).word.toLowerCase();
  };
  return {
    main: { fact: merges > 1 ? `${merges} commits` : 'template only', mill: null },
    dev: { fact: standing('dev', 'runs of people'), skiffs: runs.filter(isUnderWay).map(skiffOf), boats: [] },
    preprod: standing('preprod', 'ready, nothing is here yet'),
    prod: standing('prod', 'ready, nothing is here yet'),
  };
}
