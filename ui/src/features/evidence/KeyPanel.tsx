import { useQuery } from '@tanstack/react-query';
import { evidenceKeyQuery } from '@/api/evidence';
import { Loading, Panel, ProblemNote, Snippet } from '@/components';

/** The public key that signs dossiers, to be pinned elsewhere. */
export function KeyPanel() {
  const key = useQuery(evidenceKeyQuery);
  return (
    <Panel title="The key to pin" padded>
      <div className="stack g8 whole">
        <p className="dim">Every dossier is signed with this deployment’s key. Keep its public half where this deployment cannot change it: in your own records, a ticket, on paper. A key that is read out of a dossier proves nothing, since whoever forges one forges the other.</p>
        {key.error && <ProblemNote problem={key.error} onRetry={() => void key.refetch()} />}
        {key.isPending && <Loading rows={1} />}
        {key.data && <Snippet code={key.data.key} note="Ed25519" />}
        <p className="sm dim">In a terminal:</p>
        <Snippet code="lockgate evidence key" />
      </div>
    </Panel>
  );
}
