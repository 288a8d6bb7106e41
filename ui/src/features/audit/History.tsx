import type { HistoryLine } from '@/api/datasets';
import type { Problem } from '@/api/types';
import { Empty, Line, Loading, Panel, ProblemNote, When, Who } from '@/components';
import { readPrincipal } from '@/components';
import { sentence, spoken, words } from '@/lib/format';

/** The verbs of a history as what was done. */
const done: Record<string, string> = { create: 'drafted', edit: 'changed', submit: 'asked', approve: 'approved', reject: 'rejected', withdraw: 'withdrawn', expire: 'ended unanswered', issue: 'granted', suspend: 'suspended', resume: 'resumed', revoke: 'revoked' };

/** The history of an object, from the audit log: who, what, when. */
export function History({ entries, problem }: { entries: HistoryLine[] | undefined; problem: Problem | null }) {
  return (
    <Panel title="History" note="from the audit log, newest first">
      {problem && <ProblemNote problem={problem} />}
      {!entries && !problem && <Loading rows={4} />}
      {entries?.length === 0 && <Empty small title="Nothing has been done to it yet." />}
      {entries?.toReversed().map((entry, at) => (
        <Line key={`${entry.at}-${at}`} lead={<Who who={entry.by} bare />} title={sentence(spoken(entry.text || (done[entry.verb] ?? words(entry.verb))))} under={readPrincipal(entry.by).name} when={<When at={entry.at} />} />
      ))}
    </Panel>
  );
}
