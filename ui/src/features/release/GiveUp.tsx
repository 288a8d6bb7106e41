import { useMutation } from '@tanstack/react-query';
import { abandonPromotion, type PromotionView, verbs } from '@/api/release';
import { can, useMe } from '@/api/session';
import { ReasonButton } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { effectOfGivingUp } from './effects';
import { useLookAgain } from './useStanding';
import { promotionVerbs } from './verbs';

/** Gives up a promotion that is under way, where this viewer may: it says what answers after that. */
export function GiveUp({ promotion, live }: { promotion: PromotionView; live: number | null }) {
  const me = useMe();
  const lookAgain = useLookAgain(promotion.project);
  const act = useMutation({ mutationFn: (reason: string) => abandonPromotion(promotion.id, reason), onSuccess: lookAgain });
  const may = { abandon: can(me, verbs.abandon), rollBack: can(me, verbs.rollBack) };
  if (!promotionVerbs(promotion, me.person.id, may).includes('abandon')) return null;
  const what = `candidate ${promotion.candidate} into ${promotion.environment}`;
  return (
    <ReasonButton
      label="Give it up"
      act={`Give up ${what}`}
      question={`Give up ${what}?`}
      consequence={effectOfGivingUp(promotion, live)}
      busyWord="Giving up…"
      busy={act.isPending}
      problem={act.error}
      signedAs={roleLine(me)}
      onReason={(reason) => act.mutate(reason)}
    />
  );
}
