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
  const first = `Yours is the last approval it needs: candidate ${candidate}`;
  if (promotion.kind === 'resume') return { isLast: true, text: `${first} answers again in ${environment}, and is live once it does. If it does not within two minutes, nothing has changed.` };
  const bakes = bakingS ? `For ${duration(bakingS * 1000)} it bakes: if it cannot answer, or a gate closes,` : 'If it cannot answer,';
  const before = live == null ? `${sentence(environment)} serves nothing yet, so there is nothing to fall back to.` : `${bakes} candidate ${live} comes back by itself.`;
  return { isLast: true, text: `${first} takes all traffic of ${environment} at once. ${before}` };
}

/** Returns what an approval lets happen, what a refusal leaves, and how it is undone: another for what was stopped than for what comes in. */
export function decisionWords({ candidate, environment, kind }: Pick<PromotionView, 'candidate' | 'environment' | 'kind'>, name: string, live: number | null): { does: string; what: string; stays: string; after: string; undo: string } {
  const stop = 'Stop it, at any time and within a second';
  if (kind === 'resume') {
    const stays = `Candidate ${candidate} stays suspended in ${environment}${live === candidate || live == null ? ': every call is refused, as now' : `, and candidate ${live} stays live`}`;
    return { does: `${name} answers again in ${environment}`, what: `that candidate ${candidate} answers again in ${environment}`, stays, after: 'This promotion ends as Rejected for good.', undo: stop };
  }
  return {
    does: `${name} goes into ${environment} at once`,
    what: `candidate ${candidate} into ${environment}`,
    stays: live == null ? `${environment} keeps serving nothing` : `Candidate ${live} stays live`,
    after: 'This promotion ends as Rejected for good; a fix becomes a new candidate.',
    undo: live == null ? stop : `One click back to candidate ${live}; or stop it, within a second`,
  };
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
  const { candidate } = promotion;
  const role = roleLine(me, promotion.needed.map((one) => one.role));
  const live = review.live ?? null;
  const effect = approvalEffect(promotion, live, bakingS);
  const words = decisionWords(promotion, `${review.candidate.model} ${review.candidate.version}`, live);
  return (
    <div className="decide" role="region" aria-label={`Decide on candidate ${candidate}`}>
      <div>
        <b>{effect.isLast ? `Approve, and ${words.does}` : 'Approve, and it waits for the next approval'}</b>
        <div className="dim sm sub">Signed as {role.toLowerCase()}. You may add a comment in the next step.</div>
      </div>
      <span className="sp" />
      <ReasonButton
        label="Refuse"
        act={`Refuse candidate ${candidate}`}
        question={`Refuse ${words.what}?`}
        consequence={`${words.stays}; its authors are told why. ${words.after}`}
        busyWord="Refusing…"
        busy={decision.isPending}
        problem={decision.error}
        signedAs={role}
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
        question={`Approve ${words.what}?`}
        consequence={effect.text}
        rows={[
          ...changesShown(review.changes, named).slice(0, 3).map(({ what, before, after }): [string, string, string] => [what, before, after]),
          ...(review.affected.length > 0 ? [['Affects', sentence(spoken(named(review.affected.join('; ')).replaceAll('`', '')))] as [string, string]] : []),
          ['Undo', words.undo],
        ]}
        act={`Approve candidate ${candidate}`}
        busyWord="Approving…"
        busy={decision.isPending}
        signedAs={role}
        problem={decision.error}
        onConfirm={() => decision.mutate({ approve: comment })}
      >
        <Textarea label="Comment, kept in the evidence (optional)" autosize minRows={2} maxRows={8} value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
      </ActDialog>
    </div>
  );
}
