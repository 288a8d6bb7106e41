import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { candidatesQuery, productionQuery } from '@/api/release';
import type { VersionView } from '@/api/tracking';
import { Badge, codeText, Line, Loading, Panel, ProblemNote, When, Who } from '@/components';
import { spoken } from '@/lib/format';
import { nowOf, stoppedIn } from '../release/CandidateTable';

/** The candidates that are a version of a released model, each with where it is now; nothing for what a project's people registered. */
export function Serves({ version, run }: { version: VersionView; run: string }) {
  const project = version.space.replace(/^project\//, '');
  const candidates = useQuery(candidatesQuery(project));
  const production = useQuery(productionQuery(project));
  const cut = candidates.data?.items.filter((one) => one.run === run && one.model === version.name && one.version === version.version);
  return (
    <Panel title="Where it serves" note="as which candidate it came to its gates">
      {candidates.error && <ProblemNote problem={candidates.error} onRetry={() => void candidates.refetch()} />}
      {candidates.isPending && <Loading rows={1} />}
      {cut?.length === 0 && <p className="dim pb">No recent candidate is made of it.</p>}
      {cut?.map((one) => (
        <Line
          key={one.number}
          lead={<Who who={one.authors[0]?.person ?? one.authors[0]?.name ?? ''} bare />}
          title={
            <span className="row">
              <Link className="link" to="/projects/$id/candidates/$number" params={{ id: project, number: String(one.number) }}>
                Candidate {one.number}
              </Link>
              <Badge form="plain" look={nowOf(one, one.number === stoppedIn(production.data))} />
            </span>
          }
          under={codeText(spoken(one.next.text))}
          when={<When at={one.created_at} form="ago" />}
        />
      ))}
    </Panel>
  );
}
