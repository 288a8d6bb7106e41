import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ProductionView, type PromotionView, resume, rollBack, suspend, verbs } from '@/api/release';
import { can, useMe } from '@/api/session';
import { ConfirmAct, ReasonButton, StateBadge } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { useLookAgain } from './useStanding';
import { approvalsOf, type ProductionVerb, productionVerbs } from './verbs';

/** Returns what an act on a live candidate does at once, to whom, and how it is undone. */
export function effectOf(verb: ProductionVerb, production: Pick<ProductionView, 'environment' | 'live'>, before: number | null): string {
  const { environment, live } = production;
  if (verb === 'suspend') return `Candidate ${live} stops answering on every endpoint within a second; callers are told that the model is suspended, and why. It passes by holds and windows. It answers again by a resume, with the approvals that the gate asks for.`;
  if (verb === 'resume') return `Asks that candidate ${live} answers again in ${environment}. It needs the approvals of that gate; until then callers are refused as now.`;
  return `${before == null ? 'What was live before' : `Candidate ${before}`} takes all traffic of ${environment} within seconds, and candidate ${live} leaves it. No approvals are asked for: it was approved before. A new promotion of candidate ${live} would need a new approval.`;
}

/** The stop button and its kin: each says its effect before it acts. */
export function ProductionActs({ project, production, before, resuming }: { project: string; production: ProductionView; before: number | null; resuming: PromotionView | null }) {
  const me = useMe();
  const lookAgain = useLookAgain(project);
  const act = useMutation({
    mutationFn: async ({ verb, reason = '' }: { verb: ProductionVerb; reason?: string }): Promise<unknown> => {
      if (verb === 'suspend') return suspend(project, production.environment, reason);
      return verb === 'resume' ? resume(project, production.environment) : rollBack(project, production.environment, reason);
    },
    onSuccess: lookAgain,
  });
  const may = productionVerbs(production, { suspend: can(me, verbs.suspend), resume: can(me, verbs.resume), rollBack: can(me, verbs.rollBack) });
  const offered = resuming ? may.filter((verb) => verb !== 'resume') : may;
  const { environment, live } = production;
  const shared = { busy: act.isPending, problem: act.error, signedAs: roleLine(me) };
  return (
    <>
      {offered.includes('roll_back') && (
        <ReasonButton
          {...shared}
          look="plain"
          icon="history"
          label={before == null ? 'Roll back' : `Roll back to ${before}`}
          act={before == null ? `Roll ${environment} back` : `Roll ${environment} back to candidate ${before}`}
          question={`Roll ${environment} back${before == null ? '' : ` to candidate ${before}`}?`}
          consequence={effectOf('roll_back', production, before)}
          busyWord="Rolling back…"
          onReason={(reason) => act.mutate({ verb: 'roll_back', reason })}
        />
      )}
      {offered.includes('suspend') && (
        <ReasonButton
          {...shared}
          icon="player-stop"
          label={`Stop candidate ${live}`}
          act={`Stop candidate ${live} now`}
          question={`Stop candidate ${live} in ${environment}?`}
          consequence={effectOf('suspend', production, before)}
          busyWord="Stopping…"
          onReason={(reason) => act.mutate({ verb: 'suspend', reason })}
        />
      )}
      {offered.includes('resume') && (
        <ConfirmAct
          {...shared}
          look="tint"
          act={`Resume candidate ${live}`}
          question={`Resume candidate ${live} in ${environment}?`}
          consequence={effectOf('resume', production, before)}
          busyWord="Resuming…"
          onConfirm={() => act.mutate({ verb: 'resume' })}
        />
      )}
      {resuming && (
        <span className="row wrap g4">
          <StateBadge kind="promotion" state={resuming.state} fact={approvalsOf(resuming)} form="plain" />
          <span className="dim">It was asked to answer again.</span>
          <Link className="link" to="/projects/$id/candidates/$number/into/$environment" params={{ id: project, number: String(resuming.candidate), environment }}>
            Open the review
          </Link>
        </span>
      )}
      {offered.length === 0 && !resuming && live != null && <span className="sm faint">A model validator, the model owner or a platform administrator may stop it.</span>}
    </>
  );
}
