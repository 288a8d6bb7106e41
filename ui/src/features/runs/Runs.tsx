import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { isUnderWay, type RunFilter, runsQuery } from '@/api/runs';
import { Empty, Loading, PageHead, Pager, Panel, ProblemNote } from '@/components';
import { pageAt } from '@/lib/paging';
import { RunTable } from './RunTable';

type Way = { cursor?: string; from?: number };

function List({ filter, from, onPage }: { filter: RunFilter; from: number; onPage: (way: Way) => void }) {
  const runs = useQuery({ ...runsQuery(filter), refetchInterval: (query) => (query.state.data?.items.some(isUnderWay) ? 1500 : 10_000) });
  const { project } = filter;
  return (
    <Panel label="Runs">
      {runs.error && <ProblemNote problem={runs.error} onRetry={() => void runs.refetch()} />}
      {runs.isPending ? (
        <Loading rows={6} />
      ) : (
        <RunTable
          runs={runs.data?.items ?? []}
          isOld={runs.isPlaceholderData}
          empty={<Empty title="Nothing has run yet." why="A run takes a pipeline of a project's repository and runs its steps, each kept apart." command={`lockgate run start ${project ?? 'credit-risk'} --pipeline train`} />}
        />
      )}
      <Pager from={from} shown={runs.data?.items.length ?? 0} total={runs.data?.total} next={runs.data?.next_cursor} onPage={(cursor, at) => onPage(pageAt(cursor, at))} />
    </Panel>
  );
}

/** Every run that the viewer may see. */
export function Runs() {
  const navigate = useNavigate();
  const { cursor, from = 0 } = useSearch({ from: '/frame/runs' });
  return (
    <>
      <PageHead icon="player-play" kind="Build" name="Runs" title="Runs" />
      <List filter={cursor ? { cursor } : {}} from={from} onPage={(search) => void navigate({ to: '/runs', search })} />
    </>
  );
}

/** The runs of one project. */
export function ProjectRuns() {
  const navigate = useNavigate();
  const { id } = useParams({ from: '/frame/projects/$id' });
  const { cursor, from = 0 } = useSearch({ from: '/frame/projects/$id/runs' });
  return <List filter={{ project: id, ...(cursor ? { cursor } : {}) }} from={from} onPage={(search) => void navigate({ to: '/projects/$id/runs', params: { id }, search })} />;
}
