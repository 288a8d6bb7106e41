import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type CheckView, checksQuery, isOpen, mergeBranch } from '@/api/delivery';
import { ConfirmAct, Loading, NextStrip, Panel, ProblemNote, StateBadge } from '@/components';
import { codeText } from '@/components/codeText';

const names: Record<CheckView['name'], string> = { lint: 'PEP 8', unit: 'Unit tests', contract: 'Data contract' };
/** How many findings are shown before the rest is a number. */
const SHOWN = 20;

function Findings({ check }: { check: CheckView }) {
  const columns = check.columns.filter((column) => column.verdict !== 'passed');
  if (check.findings.length + columns.length === 0) return null;
  const rest = check.count - Math.min(check.findings.length, SHOWN);
  return (
    <details open={check.state === 'failed'}>
      <summary className="sm">{check.state === 'failed' ? 'What was found' : 'Notes'}</summary>
      <ul className="sm" style={{ paddingLeft: 16 }}>
        {check.findings.slice(0, SHOWN).map((finding) => (
          <li key={`${finding.path}:${finding.line}:${finding.column}:${finding.code}:${finding.text}`}>
            <span className="mono">
              {finding.path}
              {finding.line == null ? '' : `:${finding.line}`}
            </span>{' '}
            {finding.text} <span className="faint">{finding.code}</span>
          </li>
        ))}
        {columns.map((column) => (
          <li key={`${column.table}.${column.column}`}>
            <span className="mono">{column.column ?? column.table}</span> {column.reason}
          </li>
        ))}
        {check.findings.length > 0 && rest > 0 && <li className="faint">and {rest} more</li>}
      </ul>
    </details>
  );
}

function Check({ check }: { check: CheckView }) {
  return (
    <div className="cmt">
      <span className="row">
        <span className="m">{names[check.name]}</span>
        <span className="sp" />
        <StateBadge kind="check" state={check.state} form="plain" />
      </span>
      <span className="row g4 sm faint">
        <span>{codeText(check.reason ?? check.sentence ?? '')}</span>
        <span className="sp" />
        {check.run && (
          <Link className="link nw" to="/runs/$id" params={{ id: check.run }}>
            Its run
          </Link>
        )}
      </span>
      <Findings check={check} />
    </div>
  );
}

/** What stands between a branch and `main`: its checks, each finding on its line or column, and the merge. */
export function Checks({ id, branch }: { id: string; branch: string }) {
  const queryClient = useQueryClient();
  const checks = useQuery({ ...checksQuery(id, branch), refetchInterval: (query) => (query.state.data?.checks.some(isOpen) ? 1000 : false) });
  const merge = useMutation({ mutationFn: (commit: string) => mergeBranch(id, branch, commit), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['projects', id] }) });
  const view = checks.data;
  return (
    <Panel title="Checks" note={branch} label={`Checks of ${branch}`}>
      {checks.error && <ProblemNote problem={checks.error} />}
      {checks.isPending && <Loading rows={3} />}
      {view?.checks.map((check) => <Check key={check.name} check={check} />)}
      {view && (
        <NextStrip next={view.next}>
          {view.next.action === 'merge_branch' && (
            <ConfirmAct
              act={`Merge ${branch}`}
              label="Merge"
              question={`Merge ${branch} into main?`}
              consequence="main moves to this commit, on record in your name, and the pipeline is trained again as preprod. It is taken back by merging a branch that undoes it. If you do nothing, main stays where it is."
              busy={merge.isPending}
              busyWord="Merging…"
              problem={merge.error}
              onConfirm={() => merge.mutate(view.commit)}
            />
          )}
        </NextStrip>
      )}
    </Panel>
  );
}
