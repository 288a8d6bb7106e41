import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import { type Measured, projectClockQuery, type StageOfProject } from '@/api/evidence';
import { Badge, Empty, Loading, Panel, ProblemNote, When } from '@/components';
import { plural, spoken } from '@/lib/format';
import { StageCell } from './Projects';
import { SplitBar, SplitLegend } from './SplitBar';
import { lasting, splitOf, splitWords, stageName, wayEnded } from './words';

const lookOfWay = (way: Measured) => ({ tone: way.ended ? ('idle' as const) : way.open ? ('working' as const) : ('good' as const), icon: way.ended ? 'circle-minus' : way.open ? 'hourglass' : 'circle-check', word: wayEnded(way) });

function Way({ way }: { way: Measured }) {
  return (
    <tr>
      <td>
        <span className="dim">{spoken(way.about)}</span>
        {way.note && <div className="sm faint">{way.note}</div>}
      </td>
      <td>
        <Badge form="plain" look={lookOfWay(way)} />
        <div className="sm faint">
          <When at={way.from} />
          {way.to && (
            <>
              {' '}
              to <When at={way.to} />
            </>
          )}
        </div>
      </td>
      <td>
        <span className="tn">{way.open || way.ended ? `at least ${lasting(way.seconds)}` : lasting(way.seconds)}</span>
        <SplitBar split={splitOf(way)} label={spoken(way.about)} />
      </td>
      <td className="sm dim">{splitWords(splitOf(way))}</td>
    </tr>
  );
}

function Stage({ project, stage }: { project: string; stage: StageOfProject }) {
  return (
    <tr>
      <td>
        <b>{stageName(stage.stage)}</b>
        <div className="sm faint">
          {stage.definition_from} → {stage.definition_to}
        </div>
      </td>
      <td className="sm dim">{stage.note ?? (stage.to ? <When at={stage.to} /> : null)}</td>
      <td>
        <StageCell project={project} stage={stage} />
      </td>
      <td className="sm dim">{stage.seconds == null ? null : splitWords(splitOf(stage))}</td>
    </tr>
  );
}

/** The stages of a project's way, and below each the single ways that it was measured from. */
export function StageTable({ project, stages }: { project: string; stages: StageOfProject[] }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Route to live, scrolls">
      <table className="t" aria-label="Route to live">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Arrived, or why not</th>
            <th scope="col">Took</th>
            <th scope="col">Spent on</th>
          </tr>
        </thead>
        <tbody>
          {stages.map((stage) => (
            <Fragment key={stage.stage}>
              <Stage project={project} stage={stage} />
              {stage.measured.length > 1 && (
                <tr className="grp">
                  <td colSpan={4}>
                    <details>
                      <summary>
                        {plural(stage.measured.length, 'way')} through {stageName(stage.stage).toLowerCase()}
                      </summary>
                      <table className="t dense" aria-label={`Ways through ${stageName(stage.stage).toLowerCase()}`}>
                        <tbody>
                          {stage.measured.map((way) => (
                            <Way key={`${way.about}-${way.from}`} way={way} />
                          ))}
                        </tbody>
                      </table>
                    </details>
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** How long a project's way to live takes, stage by stage. */
export function ProjectClock({ project }: { project: string }) {
  const clock = useQuery(projectClockQuery(project));
  return (
    <Panel
      title="Its route to live"
      right={<SplitLegend />}
      foot={
        <span>
          A stage is the first way through that arrived.{' '}
          <Link className="link" to="/clock">
            All projects
          </Link>
        </span>
      }
    >
      {clock.error && <ProblemNote problem={clock.error} onRetry={() => void clock.refetch()} />}
      {clock.isPending && <Loading rows={6} />}
      {clock.data && (clock.data.stages.length > 0 ? <StageTable project={project} stages={clock.data.stages} /> : <Empty small title="Nothing is measured yet." command={`lockgate clock show ${project}`} />)}
    </Panel>
  );
}
