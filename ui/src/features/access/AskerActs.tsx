import { useMutation, useQueryClient } from '@tanstack/react-query';
import { requestQuery, submit, type RequestView, withdraw } from '@/api/requests';
import { useMe } from '@/api/session';
import { Btn, BtnLink, ConfirmAct } from '@/components';
import { shortId } from '@/lib/format';
import { kindWords } from './kinds';

/** What the person who asked may still do: send it, change it, take it back, or read at once. */
export function AskerActs({ request }: { request: RequestView }) {
  const me = useMe();
  const queryClient = useQueryClient();
  const done = async (changed: RequestView) => {
    queryClient.setQueryData(requestQuery(request.id).queryKey, changed);
    await queryClient.invalidateQueries({ queryKey: ['requests'] });
  };
  const send = useMutation({ mutationFn: () => submit(request.id), onSuccess: done });
  const back = useMutation({ mutationFn: () => withdraw(request.id), onSuccess: done });
  const isMine = request.asked_by === me.person.id || request.asked_by === `person:${me.person.id}`;
  if (request.state === 'approved' && request.kind === 'read' && request.next.action) {
    return (
      <BtnLink to="/worksheet" search={{ dataset: request.object }} size="sm" icon="terminal-2">
        Query in worksheet
      </BtnLink>
    );
  }
  if (request.state === 'approved' && request.kind === 'use') {
    return (
      <BtnLink to="/models/live/$endpoint" params={{ endpoint: request.object }} size="sm" icon="terminal-2">
        How to call it
      </BtnLink>
    );
  }
  if (!isMine || !['draft', 'submitted'].includes(request.state)) return null;
  return (
    <>
      {request.state === 'draft' && (
        <Btn size="sm" look="primary" busy={send.isPending} busyWord="Sending…" onClick={() => send.mutate()}>
          Send to the {kindWords[request.kind].decider}
        </Btn>
      )}
      {request.state === 'draft' && (
        <BtnLink to="/ask" search={{ draft: request.id }} size="sm" icon="pencil">
          Change
        </BtnLink>
      )}
      <ConfirmAct
        size="sm"
        look="danger"
        label="Withdraw"
        act={`Withdraw request ${shortId(request.id)}`}
        question={`Withdraw request ${shortId(request.id)}?`}
        consequence="It ends for good and nobody decides it any more. You can ask again with a new request."
        busy={back.isPending}
        busyWord="Withdrawing…"
        destructive
        problem={back.error ?? send.error}
        onConfirm={() => back.mutate()}
      />
    </>
  );
}
