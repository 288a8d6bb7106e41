import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ProductionView, type PromotionView, resume, rollBack, suspend, verbs } from '@/api/release';
import { can, useMe } from '@/api/session';
import { Badge, ConfirmAct, ReasonButton } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { effectOf } from './effects';
import { GiveUp } from './GiveUp';
import { promotionLook } from './looks';
import { useLookAgain } from './useStanding';
import { approvalsOf, type ProductionAct, productionActs, waitsForNobody } from './verbs';

type Acting = { act: ProductionAct; reason?: string };
/** What an endpoint has, and the promotions that change it or wait to let it answer again. */
export type ActsProps = { project: string; production: ProductionView; moving: PromotionView | null; resuming: PromotionView[] };

/** What a viewer who may neither stop nor bring back is told. */
function WhoMay({ production, offered }: { production: ProductionView; offered: ProductionAct[] }) {
  const { answers, back_to: backTo } = production;
  const lacks = (verb: ProductionAct['verb']) => !offered.some((act) => act.verb === verb);
  const what = [answers != null && lacks('suspend') ? 'stop it' : '', backTo != null && lacks('roll_back') ? 'roll it back' : ''].filter(Boolean).join(' or ');
  return what ? <span className="sm faint">A model validator, the model owner or a platform administrator may {what}.</span> : null;
}

/** The stop button and its kin: each names its candidate, and says its effect before it acts. */
export function ProductionActs({ project, production, moving, resuming }: ActsProps) {
  const me = useMe();
  const lookAgain = useLookAgain(project);
  const { environment, live } = production;
  const acting = useMutation({
    mutationFn: async ({ act, reason = '' }: Acting): Promise<unknown> => {
      if (act.verb === 'suspend') return suspend(project, environment, reason);
      return act.verb === 'resume' ? resume(project, environment, act.candidate) : rollBack(project, environment, reason);
    },
    onSuccess: lookAgain,
  });
  const may = productionActs(production, { suspend: can(me, verbs.suspend), resume: can(me, verbs.resume), rollBack: can(me, verbs.rollBack) });
  const offered = may.filter((act) => act.verb !== 'resume' || !resuming.some((one) => one.candidate === act.candidate));
  const shared = { busy: acting.isPending, problem: acting.error, signedAs: roleLine(me, ['model_validator', 'model_owner', 'platform_administrator']) };
  const mayGoBack = offered.some((act) => act.verb === 'roll_back');
  return (
    <>
      {offered.map((act) => {
        const { verb, candidate } = act;
        const key = `${verb}${candidate}`;
        const consequence = effectOf(act, production);
        const onReason = (reason: string) => acting.mutate({ act, reason });
        if (verb === 'roll_back') {
          const back = `Roll ${environment} back to candidate ${candidate}`;
          return <ReasonButton key={key} {...shared} look="plain" icon="history" label={`Roll back to candidate ${candidate}`} act={back} question={`${back}?`} consequence={consequence} busyWord="Rolling back…" onReason={onReason} />;
        }
        if (verb === 'suspend') return <ReasonButton key={key} {...shared} icon="player-stop" label={`Stop candidate ${candidate}`} act={`Stop candidate ${candidate} now, everywhere`} question={`Stop candidate ${candidate} everywhere?`} consequence={consequence} busyWord="Stopping…" onReason={onReason} />;
        const ask = `Ask to resume candidate ${candidate}`;
        return <ConfirmAct key={key} {...shared} look="tint" act={ask} question={`${ask} in ${environment}?`} consequence={consequence} busyWord="Asking…" onConfirm={() => acting.mutate({ act })} />;
      })}
      {moving && !mayGoBack && <GiveUp promotion={moving} live={live ?? null} />}
      {resuming.map((one) => (
        <span key={one.id} className="row wrap g4">
          <Badge look={promotionLook(one)} fact={waitsForNobody(one) ? null : approvalsOf(one)} form="plain" />
          <span className="dim">Candidate {one.candidate} was asked to answer again.</span>
          <Link className="link" to="/projects/$id/candidates/$number/into/$environment" params={{ id: project, number: String(one.candidate), environment }}>
            Open the review
          </Link>
        </span>
      ))}
      <WhoMay production={production} offered={offered} />
    </>
  );
}
