import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { promote } from '@/api/release';
import { ConfirmAct } from '@/components';
import type { BtnLook } from '@/components/Btn';
import { useLookAgain } from './useStanding';

/** Returns what starts when a candidate is promoted, and how it is undone. */
export function promotes(environment: 'preprod' | 'prod'): string {
  return environment === 'preprod'
    ? 'It is rolled out to the endpoint in preprod at once, and the repository’s integration and end-to-end tests call that endpoint. If they fail, what was live there before comes back. Nothing changes in prod.'
    : 'It is asked for, not done: whoever the gate names reads the review and decides. Nothing changes in prod before that. You can give it up until the rollout starts.';
}

/** Asks that a candidate enters an environment; then its review shows how it goes. */
export function Promote({ project, candidate, environment, look = 'primary' }: { project: string; candidate: number; environment: 'preprod' | 'prod'; look?: BtnLook }) {
  const navigate = useNavigate();
  const lookAgain = useLookAgain(project);
  const act = useMutation({
    mutationFn: () => promote(project, candidate, environment),
    onSuccess: async () => {
      await lookAgain();
      await navigate({ to: '/projects/$id/candidates/$number/into/$environment', params: { id: project, number: String(candidate), environment } });
    },
  });
  return (
    <ConfirmAct
      look={look}
      act={`Promote candidate ${candidate} into ${environment}`}
      label={look === 'primary' ? `Promote into ${environment}` : `Promote candidate ${candidate} into ${environment}`}
      question={`Promote candidate ${candidate} into ${environment}?`}
      consequence={promotes(environment)}
      rows={[['If you do nothing', `${environment === 'preprod' ? 'Preprod' : 'Prod'} stays as it is, and candidate ${candidate} keeps; it never changes.`]]}
      busy={act.isPending}
      busyWord="Promoting…"
      problem={act.error}
      onConfirm={() => act.mutate()}
    />
  );
}
