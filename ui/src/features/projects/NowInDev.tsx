import { Link } from '@tanstack/react-router';
import { isUnderWay, type RunView } from '@/api/runs';
import type { Problem } from '@/api/types';
import { Empty, Icon, ProblemNote, StateBadge, When, Who } from '@/components';
import { shortId } from '@/lib/format';

/** What people run in *dev*. */
export function NowInDev({ project, runs, problem, isRead }: { project: string; runs: RunView[]; problem: Problem | null; isRead: boolean }) {
  const shown = runs.filter((run) => run.environment.endsWith('/dev') || !run.environment.includes('/')).slice(0, 4);
  return (
    <section className="panel" aria-label="Now in dev">
      <div className="ph">
        <h2>Now in dev</h2>
        <span className="sp" />
        <Link className="link sm" to="/projects/$id/runs" params={{ id: project }}>
          All runs
        </Link>
      </div>
      {problem && <ProblemNote problem={problem} />}
      {isRead && shown.length === 0 && <Empty small title="Nothing has run in dev yet." why="A run takes a pipeline of the repository and runs its steps as dev." command={`lockgate run start ${project} --pipeline train`} />}
      {shown.map((run) => (
        <div className="cmt" key={run.id}>
          <span className="row">
            <Link className="link m cut" to="/runs/$id" params={{ id: run.id }}>
              Run {shortId(run.id)}, {run.pipeline}
            </Link>
            <span className="sp" />
            <StateBadge kind="run" state={run.state} form="plain" fact={isUnderWay(run) ? `${run.steps_done} of ${run.steps_total}` : null} />
          </span>
          <span className="row g4 sm faint">
            <Who who={run.started_by} /> <When at={run.created_at} form="ago" />
          </span>
        </div>
      ))}
      <div className="pf">
        <Icon name="info-circle" size="s" />
        What is trained in dev can never enter a candidate.
      </div>
    </section>
  );
}
