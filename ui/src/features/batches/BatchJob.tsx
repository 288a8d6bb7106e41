import { Link } from '@tanstack/react-router';
import type { BatchView } from '@/api/batches';
import type { Problem } from '@/api/types';
import { Btn, ConfirmAct, Facts, NextStrip, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import { codeText } from '@/components/codeText';
import { shortId } from '@/lib/format';
import { outcomeWords, startWords } from './words';

type BatchJobProps = {
  batch: BatchView;
  mayRemove: boolean;
  starting: boolean;
  removing: boolean;
  problem: Problem | null;
  onStart: () => void;
  onRemove: () => void;
};

function Dataset({ id }: { id: string }) {
  return (
    <Link className="link mono tall" to="/datasets/$id" params={{ id }} style={{ overflowWrap: 'anywhere' }}>
      {id}
    </Link>
  );
}

function RunLink({ id }: { id: string }) {
  return (
    <Link className="link" to="/runs/$id" params={{ id }} title={id}>
      {shortId(id)}
    </Link>
  );
}

/** What came of its last run: rows and the version they made, or why nothing was published. */
function LastRun({ batch }: { batch: BatchView }) {
  const { last, output } = batch;
  if (!last) return <span className="faint">not yet</span>;
  return (
    <>
      <span className={last.reason == null ? undefined : 'bad-text'}>{codeText(outcomeWords(last))}</span>
      {last.version != null && (
        <>
          , as{' '}
          <Link className="link" to="/datasets/$id/versions" params={{ id: output }}>
            version {last.version}
          </Link>
        </>
      )}
      <div className="sm faint">
        <When at={last.at} form="ago" />
        {last.run && (
          <>
            , run <RunLink id={last.run} />
          </>
        )}
      </div>
    </>
  );
}

/** A batch job: what it scores into what, what came of the last run, when the next one starts, and its acts. */
export function BatchJob({ batch, mayRemove, starting, removing, problem, onStart, onRemove }: BatchJobProps) {
  const { name, endpoint, state, output } = batch;
  const isIdle = state === 'idle';
  return (
    <Panel
      label={`Batch job ${name}`}
      title={name}
      note={`scores with ${endpoint}`}
      right={<StateBadge kind="batch" state={state} />}
      foot={
        isIdle && (batch.may_start || mayRemove) ? (
          <>
            {batch.may_start && (
              <Btn icon="player-play" busy={starting} busyWord="Starting…" onClick={onStart} aria-label={`Start ${name} now`}>
                Start now
              </Btn>
            )}
            <span className="sp" />
            {mayRemove && (
              <ConfirmAct
                look="danger"
                label="Remove"
                act={`Remove ${name}`}
                question={`Remove batch job ${name}?`}
                consequence={`It never starts again. What it published stays in ${output}. You can set up another one of the same form.`}
                rows={[
                  ['Endpoint', endpoint],
                  ['Starts', startWords(batch), 'never'],
                ]}
                busy={removing}
                busyWord="Removing…"
                destructive
                problem={problem}
                onConfirm={onRemove}
              />
            )}
          </>
        ) : undefined
      }
    >
      <div className="pb stack g8">
        <NextStrip next={batch.next} />
        <Facts
          items={[
            ['Scores', <span key="d" className="stack" style={{ gap: 2 }}>{batch.datasets.map((id) => <Dataset key={id} id={id} />)}</span>],
            ['Record key', <span key="k" className="mono">{batch.key}</span>],
            ['Into', <Dataset key="o" id={output} />],
            ['Last run', <LastRun key="l" batch={batch} />],
            ['Scores now', batch.run ? <RunLink key="r" id={batch.run} /> : null],
            ['Starts', startWords(batch)],
            ['Next start', batch.next_at ? <When key="n" at={batch.next_at} /> : null],
            ['Set up by', <Who key="w" who={batch.made_by} />],
          ]}
        />
        {problem && <ProblemNote problem={problem} />}
      </div>
    </Panel>
  );
}
