import { useState } from 'react';
import type { Effect, RequestView, Terms } from '@/api/requests';
import { useMe } from '@/api/session';
import type { Problem } from '@/api/types';
import { ActDialog, Btn, readPrincipal, ReasonButton } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { count, day, shortId } from '@/lib/format';
import { useKeys } from '@/lib/keys';
import { kindWords } from './kinds';
import { changesNothing, type Draft, summary } from './terms';

type DecisionBarProps = {
  request: RequestView;
  draft: Draft;
  terms: Terms;
  effect: Effect | undefined;
  busy: boolean;
  problem: Problem | null;
  onApprove: () => void;
  onReject: (reason: string) => void;
};

/** The bar that decides, always in sight: what the decision lets through, and Refuse or Approve. */
export function DecisionBar({ request, draft, terms, effect, busy, problem, onApprove, onReject }: DecisionBarProps) {
  const me = useMe();
  const [approving, setApproving] = useState(false);
  const [refusing, setRefusing] = useState(false);
  useKeys({ a: () => setApproving(true), r: () => setRefusing(true) });
  const id = shortId(request.id);
  const words = kindWords[request.kind];
  const asIs = changesNothing(terms);
  const who = readPrincipal(request.principal).name;
  const what = `${who} ${words.doing} ${request.object}`;
  const act = `Approve ${what}${asIs ? '' : ', with terms'}`;
  const through = request.kind === 'read' ? summary(draft) : `${words.doing} ${request.object}`;
  const end = terms.until ?? request.asked.expires_at;
  const narrower = effect?.narrower ?? [];
  return (
    <div className="decide" role="region" aria-label={`Decide on ${id}`}>
      <div>
        <b>{through.charAt(0).toUpperCase() + through.slice(1)}</b>
        <div className="dim sm sub">
          {asIs ? `As asked, until ${day(end)}.` : narrower.length ? `Narrower in ${narrower.length} ways: ${narrower.join(', ')}. The requester may withdraw instead.` : 'Narrower than asked. The requester may withdraw instead.'}
        </div>
      </div>
      <span className="sp" />
      <ReasonButton
        label="Refuse"
        act={`Refuse ${what}`}
        question={`Refuse ${what}?`}
        consequence={`${who} ${words.nothing}, and is told why. The request ends as Rejected for good; they may ask again with a new one.`}
        busyWord="Refusing…"
        busy={busy}
        problem={problem}
        signedAs={roleLine(me, [words.decider.replace(' ', '_')])}
        reasonLabel="Reason, told to who asked and kept in the evidence"
        opened={refusing}
        onOpen={setRefusing}
        onReason={onReject}
      />
      <Btn look="primary" size="lg" onClick={() => setApproving(true)}>
        {asIs ? 'Approve' : 'Approve with terms'}
      </Btn>
      <ActDialog
        opened={approving}
        onClose={() => setApproving(false)}
        question={`${act}?`}
        consequence={words.starts}
        rows={[
          ['Who', who],
          ['Lets through', through],
          ...(request.kind === 'read' ? [['Rows', effect?.rows ? `${count(effect.rows.kept)} of ${count(effect.rows.all)}` : draft.rules.length ? 'some' : 'every row that was asked for'] as [string, string]] : []),
          ['Until', day(end)],
          ['Undo', words.undo],
        ]}
        act={act}
        busyWord="Approving…"
        busy={busy}
        signedAs={roleLine(me, [words.decider.replace(' ', '_')])}
        problem={problem}
        onConfirm={onApprove}
      />
    </div>
  );
}
