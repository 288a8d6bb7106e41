import { Link } from '@tanstack/react-router';
import type { EvaluationView, MonitorView } from '@/api/monitoring';
import { Empty, NextStrip, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import type { Problem } from '@/api/types';
import { codeText } from '@/components/codeText';
import { instant, spoken } from '@/lib/format';
import { MeasuredTable } from './MeasuredTable';
import { cameOut } from './words';

/** What the last evaluation that ended found; one that runs is said above it. */
export function LastEvaluation({ monitor, evaluations, problem, onRetry }: { monitor: MonitorView; evaluations: EvaluationView[]; problem: Problem | null; onRetry: () => void }) {
  const running = evaluations.find((one) => one.state === 'running');
  const last = evaluations.find((one) => one.state !== 'running');
  return (
    <Panel
      title="Last evaluation"
      note={last ? cameOut(last.metrics) : undefined}
      right={last && <StateBadge kind="evaluation" state={last.state} />}
      foot={
        last && (
          <span>
            {last.asked_by ? <Who who={last.asked_by} /> : 'The schedule'} asked for it <When at={last.started_at} form="ago" />. It looked at calls from {instant(last.since)} to {instant(last.until)} that candidate {last.candidate} answered ({last.model} {last.version}), by version {last.policy} of the gate policy.{' '}
            {last.note && codeText(spoken(last.note))}{' '}
            {last.run && (
              <Link className="link" to="/runs/$id" params={{ id: last.run }}>
                Its run
              </Link>
            )}
          </span>
        )
      }
    >
      {problem && <ProblemNote problem={problem} onRetry={onRetry} />}
      {running && <div className="pb"><NextStrip next={running.next} /></div>}
      {last && last.state !== 'within' && last.reason && (
        <div className="pb">
          <NextStrip next={last.next} />
        </div>
      )}
      {last && last.metrics.length > 0 && <MeasuredTable metrics={last.metrics} />}
      {!last && !running && !problem && <Empty small title="It has not looked yet." why="The first evaluation measures the calls that were captured since the release." command={`lockgate monitor evaluate ${monitor.endpoint}`} />}
    </Panel>
  );
}
