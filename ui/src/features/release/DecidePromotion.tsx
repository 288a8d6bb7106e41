import { Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { approvePromotion, isGiven, type PromotionView, rejectPromotion, type ReviewView } from '@/api/release';
import { useMe } from '@/api/session';
import { ActDialog, Btn, ReasonButton } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { duration, plural, sentence, spoken } from '@/lib/format';
import { useKeys } from '@/lib/keys';
import { purposesIn, usePurposes } from '../purposes/names';
import { changesShown } from './changes';
import { useLookAgain } from './useStanding';

/** Returns what an approval starts: the rollout if it is the last one needed, else nothing yet. */
export function approvalEffect(promotion: PromotionView, live: number | null, bakingS: number | null): { isLast: boolean; text: string } {
  const needed = promotion.needed.reduce((sum, one) => sum + one.count, 0);
  const left = needed - promotion.approvals.filter(isGiven).length;
  const { candidate, environment } = promotion;
  if (left > 1) return { isLast: false, text: `Yours is one of ${plural(left, 'approval')} still needed; nothing starts before the last one.` };
  const baking = bakingS ? ` It is watched for ${duration(bakingS * 1000)}, and` : ' It';
  const before = live == null ? `${sentence(environment)} serves nothing yet, so there is nothing to fall back to.` : `${baking} rolls back to candidate ${live} by itself if a limit breaks.`;
  return { isLast: true, text: `Yours is the last approval it needs: candidate ${candidate} takes all traffic of ${environment} at once. ${before.trim()}` };
}

/** The bar that decides, always in sight. Approve and Refuse each say what follows before they act. */
export function DecidePromotion({ review, promotion, bakingS }: { review: ReviewView; promotion: PromotionView; bakingS: number | null }) {
  const me = useMe();
  const [approving, setApproving] = useState(false);
  const [refusing, setRefusing] = useState(false);
  const [comment, setComment] = useState('');
  const lookAgain = useLookAgain(promotion.project);
  const purposes = usePurposes();
  const named = (text: string) => purposesIn(text, purposes);
  const decision = useMutation({
    mutationFn: (what: { approve: string } | { refuse: string }) => ('approve' in what ? approvePromotion(promotion.id, what.approve.trim()) : rejectPromotion(promotion.id, what.refuse)),
    onSuccess: async () => {
      await lookAgain();
      setApproving(false);
      setRefusing(false);
    },
  });
  useKeys({ a: () => setApproving(true), r: () => setRefusing(true) });
  const { candidate, environment } = promotion;
  const live = review.live ?? null;
  const effect = approvalEffect(promotion, live, bakingS);
  const name = `${review.candidate.model} ${review.candidate.version}`;
  return (
    <div className="decide" role="region" aria-label={`Decide on candidate ${candidate}`}>
      <div>
        <b>{effect.isLast ? `Approve, and ${name} goes into ${environment} at once` : 'Approve, and it waits for the next approval'}</b>
        <div className="dim sm sub">Signed as {roleLine(me).toLowerCase()}. You may add a comment in the next step.</div>
      </div>
      <span className="sp" />
      <ReasonButton
        label="Refuse"
        act={`Refuse candidate ${candidate}`}
        question={`Refuse candidate ${candidate} into ${environment}?`}
        consequence={`${live == null ? `${environment} keeps serving nothing` : `Candidate ${live} stays live`}, and its authors are told why. This promotion ends as Rejected for good; a fix becomes a new candidate.`}
        busyWord="Refusing…"
        busy={decision.isPending}
        problem={decision.error}
        signedAs={roleLine(me)}
        reasonLabel="Reason, told to its authors and kept in the evidence"
        opened={refusing}
        onOpen={setRefusing}
        onReason={(refuse) => decision.mutate({ refuse })}
      />
      <Btn look="primary" size="lg" onClick={() => setApproving(true)}>
        Approve candidate {candidate}
      </Btn>
      <ActDialog
        opened={approving}
        onClose={() => setApproving(false)}
        question={`Approve candidate ${candidate} into ${environment}?`}
        consequence={effect.text}
        rows={[
          ...changesShown(review.changes, named).slice(0, 3).map(({ what, before, after }): [string, string, string] => [what, before, after]),
          ...(review.affected.length > 0 ? [['Affects', sentence(spoken(named(review.affected.join('; ')).replaceAll('`', '')))] as [string, string]] : []),
          ['Undo', live == null ? 'Stop it, at any time and within a second' : `One click back to candidate ${live}; or stop it, within a second`],
        ]}
        act={`Approve candidate ${candidate}`}
        busyWord="Approving…"
        busy={decision.isPending}
        signedAs={roleLine(me)}
        problem={decision.error}
        onConfirm={() => decision.mutate({ approve: comment })}
      >
        <Textarea label="Comment, kept in the evidence (optional)" autosize minRows={2} maxRows={8} value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
      </ActDialog>
    </div>
  );
}
