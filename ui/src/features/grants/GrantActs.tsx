import { useMutation, useQueryClient } from '@tanstack/react-query';
import { actOnGrant, type GrantVerb, type GrantView, grantQuery } from '@/api/grants';
import { useMe } from '@/api/session';
import { readPrincipal, ReasonButton } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { sentence } from '@/lib/format';

const busyWords: Record<GrantVerb, string> = { revoke: 'Revoking…', suspend: 'Suspending…', resume: 'Resuming…' };

function consequence(verb: GrantVerb, grant: GrantView): string {
  const who = readPrincipal(grant.principal).name;
  if (verb === 'revoke') return `${who} stops reading ${grant.object} within a second, running queries included. It is final: access again needs a new request.`;
  if (verb === 'suspend') return `${who} stops reading ${grant.object} within a second, running queries included. A steward who did not ask for it can resume it; its end does not move.`;
  return `${who} reads ${grant.object} again at once, with the same columns, rows and end as before.`;
}

/** What this viewer may do to a grant; the server says which verbs those are. */
export function GrantActs({ grant }: { grant: GrantView }) {
  const me = useMe();
  const queryClient = useQueryClient();
  const act = useMutation({
    mutationFn: ({ verb, reason }: { verb: GrantVerb; reason: string }) => actOnGrant(grant.id, verb, reason),
    onSuccess: async (changed) => {
      queryClient.setQueryData(grantQuery(grant.id).queryKey, changed);
      await Promise.all([['grants'], ['grant', grant.id, 'history'], ['datasets'], ['dataset', grant.object]].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
    },
  });
  const verbs = (['resume', 'suspend', 'revoke'] as const).filter((verb) => grant.verbs.includes(verb));
  return verbs.map((verb) => (
    <ReasonButton
      key={verb}
      label={sentence(verb)}
      look={verb === 'revoke' ? 'danger' : 'plain'}
      act={`${sentence(verb)} grant ${grant.id}`}
      question={`${sentence(verb)} grant ${grant.id}?`}
      consequence={consequence(verb, grant)}
      busyWord={busyWords[verb]}
      busy={act.isPending}
      problem={act.error}
      signedAs={roleLine(me)}
      onReason={(reason) => act.mutate({ verb, reason })}
    />
  ));
}
