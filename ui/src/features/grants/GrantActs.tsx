import { useMutation, useQueryClient } from '@tanstack/react-query';
import { grantQuery, type GrantVerb, type GrantView, resumeGrant, stopGrant } from '@/api/grants';
import { can, useMe } from '@/api/session';
import { ConfirmAct, readPrincipal, ReasonButton } from '@/components';
import { roleLine } from '@/frame/TopBar';

/** Returns what a verb does to whom, with what a grant would read although its level asks for a mask. */
export function consequence(verb: GrantVerb, grant: GrantView): string {
  const who = readPrincipal(grant.principal).name;
  if (verb === 'revoke') return `${who} stops reading ${grant.object} within a second, running queries included. It is final: access again needs a new request.`;
  if (verb === 'suspend') return `${who} stops reading ${grant.object} within a second, running queries included. A steward who did not ask for it can resume it; its end does not move.`;
  const open = Object.entries(grant.levels).map(([column, level]) => `${column} is ${level} now, and is read as stored.`);
  return [`${who} reads ${grant.object} again at once, with the same columns, rows and end as before.`, ...open].join(' ');
}

/** Returns which verbs to offer: what the server says this viewer may do now, and suspending where they may suspend at all. */
export function verbsFor(grant: GrantView, mayRevoke: boolean, maySuspend: boolean): GrantVerb[] {
  const isOpen = ['active', 'scheduled', 'suspended'].includes(grant.state);
  const isMine = grant.next.action === 'revoke_grant';
  const verbs: GrantVerb[] = [];
  if (grant.next.action === 'resume_grant') verbs.push('resume');
  if (maySuspend && isMine && grant.state !== 'suspended') verbs.push('suspend');
  if (isOpen && (isMine || (mayRevoke && grant.next.action === 'resume_grant'))) verbs.push('revoke');
  return verbs;
}

/** What this viewer may do to a grant, each with its consequence. */
export function GrantActs({ grant }: { grant: GrantView }) {
  const me = useMe();
  const queryClient = useQueryClient();
  const act = useMutation({
    mutationFn: ({ verb, reason = '' }: { verb: GrantVerb; reason?: string }) => (verb === 'resume' ? resumeGrant(grant.id, grant.levels) : stopGrant(grant.id, verb, reason)),
    onSuccess: async (changed) => {
      queryClient.setQueryData(grantQuery(grant.id).queryKey, changed);
      await Promise.all([['grants'], ['grant', grant.id, 'history'], ['datasets'], ['dataset', grant.object]].map((queryKey) => queryClient.invalidateQueries({ queryKey })));
    },
  });
  const verbs = verbsFor(grant, can(me, 'RevokeGrant'), can(me, 'SuspendGrant'));
  const access = `${readPrincipal(grant.principal).name}’s access to ${grant.object}`;
  const shared = { busy: act.isPending, problem: act.error, signedAs: roleLine(me) };
  return (
    <>
      {verbs.includes('resume') && (
        <ConfirmAct
          {...shared}
          label="Resume"
          act={`Resume ${access}`}
          question={`Resume ${access}?`}
          consequence={consequence('resume', grant)}
          busyWord="Resuming…"
          onConfirm={() => act.mutate({ verb: 'resume' })}
        />
      )}
      {verbs.includes('suspend') && (
        <ReasonButton
          {...shared}
          label="Suspend"
          look="plain"
          act={`Suspend ${access}`}
          question={`Suspend ${access}?`}
          consequence={consequence('suspend', grant)}
          busyWord="Suspending…"
          onReason={(reason) => act.mutate({ verb: 'suspend', reason })}
        />
      )}
      {verbs.includes('revoke') && (
        <ReasonButton
          {...shared}
          label="Revoke"
          act={`Revoke ${access}`}
          question={`Revoke ${access}?`}
          consequence={consequence('revoke', grant)}
          busyWord="Revoking…"
          onReason={(reason) => act.mutate({ verb: 'revoke', reason })}
        />
      )}
    </>
  );
}
