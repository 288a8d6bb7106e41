import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { commitsQuery, type EnvironmentView, projectQuery } from '@/api/projects';
import { isUnderWay, runsQuery } from '@/api/runs';
import { Badge, Empty, Env, Loading, LockFlight, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import { plural, shortId } from '@/lib/format';
import { chambersOf } from './flight';

const gate = { share: 0, tone: 'idle' as const, label: <Badge look={{ tone: 'idle', icon: 'circle-dashed', word: 'No candidate' }} /> };

function Standing({ environment }: { environment: EnvironmentView }) {
  return (
    <section className="panel" aria-label={`In ${environment.name}`}>
      <div className="ph">
        <h2>
          <Env name={environment.name} of="In" />
        </h2>
        <span className="sp" />
        <StateBadge kind="instance" state={environment.state} form="plain" />
      </div>
      <dl className="kv">
        <dt>Reads</dt>
        <dd>as its environment</dd>
        <dt>Steps</dt>
        <dd>{environment.isolation === 'none' ? <Badge form="plain" look={{ tone: 'warn', icon: 'alert-triangle', word: 'not kept apart' }} /> : 'kept apart'}</dd>
        <dt>Shown</dt>
        <dd>
          {environment.smoke_run ? (
            <Link className="link" to="/runs/$id" params={{ id: environment.smoke_run }}>
              by its smoke run
            </Link>
          ) : (
            'not yet'
          )}
        </dd>
      </dl>
      <div className="pf">{environment.reason ?? `Engine ${environment.engine}`}</div>
    </section>
  );
}

/** The flight of a project: what is where, what moves, what it waits for. */
export function FlightTab() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const project = useQuery(projectQuery(id));
  const runs = useQuery({ ...runsQuery({ project: id, limit: 6 }), refetchInterval: (query) => (query.state.data?.items.some(isUnderWay) ? 1000 : 5000) });
  const commits = useQuery({ ...commitsQuery(id, 'main'), enabled: !!project.data?.commit });
  if (!project.data) return <Loading rows={5} />;
  const shown = runs.data?.items ?? [];
  const merges = commits.data?.items ?? [];
  const moving = shown.filter(isUnderWay).length;
  const at = chambersOf(project.data, shown, merges.length);
  const head = (
    <>
      <b>{moving ? `${plural(moving, 'run')} under way` : 'Nothing moves'}</b>
      <span className="sm dim">A gate fills as its checks and approvals pass</span>
    </>
  );
  return (
    <>
      <LockFlight flight={{ head, main: at.main, dev: at.dev, preprod: { fact: at.preprod, gate, boats: [] }, prod: { fact: at.prod, gate, boats: [] } }} />
      <div className="stages">
        <section className="panel" aria-label="Merged to main">
          <div className="ph">
            <h2>Merged to main</h2>
          </div>
          {merges.slice(0, 3).map((commit) => (
            <div className="cmt" key={commit.id}>
              <span className="cut">{commit.subject}</span>
              <span className="row g4 sm faint">
                {commit.author.name}, <When at={commit.committed_at} />
              </span>
            </div>
          ))}
          {commits.error && <ProblemNote problem={commits.error} />}
          <div className="pf">
            <Link className="link" to="/projects/$id/code" params={{ id }}>
              Browse the repository
            </Link>
          </div>
        </section>
        {project.data.environments.map((environment) => (
          <Standing key={environment.id} environment={environment} />
        ))}
      </div>
      <Panel
        title="Now in dev"
        right={
          <Link className="link sm" to="/projects/$id/runs" params={{ id }}>
            All runs
          </Link>
        }
      >
        {runs.error && <ProblemNote problem={runs.error} />}
        {runs.data && shown.length === 0 && <Empty small title="Nothing has run here yet." why="A run takes a pipeline of the repository and runs its steps as dev." command={`lockgate run start ${id} --pipeline train`} />}
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
      </Panel>
    </>
  );
}
