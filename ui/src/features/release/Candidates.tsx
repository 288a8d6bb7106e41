import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { candidatesQuery, productionQuery, promotionsQuery, releasesQuery } from '@/api/release';
import { Empty, Loading, Pager, Panel, ProblemNote } from '@/components';
import { pageAt, usePage } from '@/lib/paging';
import { CandidateTable, stoppedIn } from './CandidateTable';
import { ReleaseRuns } from './ReleaseRuns';

/** What `main` made: its candidates, and the runs that cut them or did not. */
export function Candidates() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const { cursor, from = 0 } = useSearch({ from: '/frame/projects/$id/candidates' });
  const navigate = useNavigate();
  const candidates = useQuery({ ...candidatesQuery(id, { limit: 50, ...(cursor ? { cursor } : {}) }), refetchInterval: 10_000 });
  const production = useQuery(productionQuery(id));
  const promotions = useQuery({ ...promotionsQuery(id, { limit: 50 }), refetchInterval: 10_000 });
  const runs = usePage();
  const releases = useQuery({ ...releasesQuery(id, { limit: 10, ...runs.page }), refetchInterval: (query) => (query.state.data?.items.some((one) => one.state === 'running') ? 1500 : 10_000) });
  return (
    <>
      <Panel title="Candidates" note="newest first; what is in one never changes">
        {candidates.error && <ProblemNote problem={candidates.error} onRetry={() => void candidates.refetch()} />}
        {candidates.isPending ? (
          <Loading rows={4} />
        ) : (
          <CandidateTable
            candidates={candidates.data?.items ?? []}
            promotions={promotions.data?.items}
            stopped={stoppedIn(production.data)}
            isOld={candidates.isPlaceholderData}
            empty={candidates.data && <Empty title="No candidate has been cut yet." why="A merge to main trains as preprod, on the sources. If every required check passes, the run ends with a candidate, which then goes into preprod and prod." command={`lockgate project merge ${id} my-change`} />}
          />
        )}
        <Pager from={from} shown={candidates.data?.items.length ?? 0} total={candidates.data?.total} next={candidates.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/projects/$id/candidates', params: { id }, search: pageAt(to, at) })} />
      </Panel>
      <Panel title="Release runs" note="main, trained as preprod">
        {releases.error && <ProblemNote problem={releases.error} onRetry={() => void releases.refetch()} />}
        {releases.isPending ? <Loading rows={3} /> : releases.data && <ReleaseRuns project={id} releases={releases.data.items} />}
        <Pager from={runs.from} shown={releases.data?.items.length ?? 0} total={releases.data?.total} next={releases.data?.next_cursor} onPage={runs.onPage} />
      </Panel>
    </>
  );
}
