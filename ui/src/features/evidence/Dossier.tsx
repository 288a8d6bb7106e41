import { useMutation, useQuery } from '@tanstack/react-query';
import { evidenceKeyQuery, fetchDossier } from '@/api/evidence';
import { can, useMe } from '@/api/session';
import { Btn, Panel, ProblemNote, Snippet } from '@/components';
import { saveFile } from '@/lib/save';
import { dossierName, verifyCommand } from './words';

/** A candidate's dossier to take away, and how it is checked where this deployment has no say. */
export function DossierPanel({ project, candidate }: { project: string; candidate: number }) {
  const me = useMe();
  const mayRead = can(me, 'ReadDossier');
  const key = useQuery({ ...evidenceKeyQuery, enabled: mayRead });
  const take = useMutation({ mutationFn: () => fetchDossier(project, candidate), onSuccess: (file) => saveFile(file, dossierName(project, candidate)) });
  if (!mayRead) return null;
  return (
    <Panel title="Evidence" padded>
      <div className="stack g8 whole">
        <p className="dim">All that is on record about it, signed. That you took it is in the audit log.</p>
        <div>
          <Btn icon="download" busy={take.isPending} busyWord="Writing it…" onClick={() => take.mutate()}>
            Download dossier
          </Btn>
        </div>
        {take.error && <ProblemNote problem={take.error} />}
        <p className="sm dim">Check it without a server; use the key that you pinned, this is the one of today:</p>
        <Snippet code={verifyCommand(project, candidate, key.data?.key)} />
      </div>
    </Panel>
  );
}
