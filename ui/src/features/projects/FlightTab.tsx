import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { mergesQuery } from '@/api/delivery';
import { commitsQuery, projectQuery } from '@/api/projects';
import { isUnderWay, runsQuery } from '@/api/runs';
import { Badge, Empty, Loading, LockFlight, Panel, ProblemNote } from '@/components';
import { CandidateTable, stoppedIn } from '@/features/release/CandidateTable';
import { boatOf, floating, gateOf, headline, millOf } from '@/features/release/flight';
import { GatePanel } from '@/features/release/GatePanel';
import { useStanding } from '@/features/release/useStanding';
import { chambersOf } from './flight';
import { InEnvironment } from './InEnvironment';
import { MainPipeline, Merged } from './MainPipeline';
import { NowInDev } from './NowInDev';

/** The flight of a project: what is where, what moves, what it waits for. */
export function FlightTab() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const project = useQuery(projectQuery(id));
  const runs = useQuery({ ...runsQuery({ project: id, limit: 6 }), refetchInterval: (query) => (query.state.data?.items.some(isUnderWay) ? 1000 : 5000) });
  const commits = useQuery({ ...commitsQuery(id, 'main'), enabled: !!project.data?.commit });
  const merges = useQuery(mergesQuery(id));
  const { at, isPending, problem } = useStanding(id);
  if (!project.data) return <Loading rows={5} />;
  const shown = runs.data?.items ?? [];
  const merged = (merges.data?.items ?? []).filter((one) => one.state === 'merged');
  const places = floating(at);
  const boats = (place: 'feed' | 'preprod' | 'prod') => places.filter((one) => one.place === place).map((one) => boatOf(id, at, one));
  const chambers = chambersOf(project.data, shown, merged[0]?.ended_at ?? null, at);
  const gate = (environment: 'preprod' | 'prod') => {
    const { share, tone, icon, word, isHeld } = gateOf(at, environment);
    return { share, tone, isHeld, label: <Badge look={{ tone, icon, word }} /> };
  };
  const head = (
    <>
      <b>{headline(at)}</b>
      <span className="sm dim">A gate fills as its checks and approvals pass</span>
    </>
  );
  const environment = (name: string) => project.data.environments.find((one) => one.name === name);
  const [dev, preprod, prod] = [environment('dev'), environment('preprod'), environment('prod')];
  return (
    <>
      <LockFlight
        flight={{
          head,
          main: { ...chambers.main, mill: millOf(at) },
          dev: { ...chambers.dev, boats: boats('feed') },
          preprod: { fact: chambers.preprod, gate: gate('preprod'), boats: boats('preprod') },
          prod: { fact: chambers.prod, gate: gate('prod'), boats: boats('prod') },
        }}
      />
      {problem && <ProblemNote problem={problem} />}
      <div className="stages">
        <MainPipeline project={id} release={at.releases[0] ?? null} />
        <NowInDev project={id} runs={shown} problem={runs.error} isRead={!!runs.data} />
        <GatePanel project={id} at={at} environment="preprod" />
        <GatePanel project={id} at={at} environment="prod" />
        <Merged project={id} commits={commits.data?.items ?? []} merged={merged} problem={commits.error} />
        {dev && <InEnvironment project={id} environment={dev} at={at} />}
        {preprod && <InEnvironment project={id} environment={preprod} at={at} />}
        {prod && <InEnvironment project={id} environment={prod} at={at} />}
      </div>
      <Panel title="Candidates" note="newest first">
        {isPending ? <Loading rows={3} /> : <CandidateTable candidates={at.candidates} promotions={at.promotions} stopped={stoppedIn(at.production)} empty={<Empty small title="No candidate has been cut yet." why="A merge to main trains as preprod, on the sources; if every required check passes, the run ends with a candidate." command={`lockgate project merge ${id} my-change`} />} />}
      </Panel>
    </>
  );
}
