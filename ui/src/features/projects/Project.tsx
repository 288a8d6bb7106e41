import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { isSettingUp, projectQuery, retryProject } from '@/api/projects';
import { candidatesQuery, decisionsQuery, productionQuery, promotionsQuery, releasesQuery } from '@/api/release';
import { Btn, BtnLink, Loading, Meta, NextStrip, ObjectPage, Panel, ProblemNote, Snippet, StateBadge, Tabs, When, Who } from '@/components';
import { StartRun } from '@/features/runs/StartRun';
import { Unread } from '@/frame/Lost';
import { situationOf } from './onItsWay';

const tabs = ['', '/candidates', '/production', '/batches', '/monitoring', '/gates', '/runs', '/code', '/about'];

/** A project: its flight, candidates, endpoints, gates, runs, code and facts. */
export function Project() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const { pathname } = useLocation();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState<'clone' | 'run' | null>(null);
  const project = useQuery({ ...projectQuery(id), refetchInterval: (query) => (query.state.data && isSettingUp(query.state.data) ? 700 : false) });
  const decisions = useQuery(decisionsQuery);
  const isReady = project.data?.state === 'available';
  const looks = { enabled: isReady, refetchInterval: 10_000 };
  const production = useQuery({ ...productionQuery(id), ...looks });
  const candidates = useQuery({ ...candidatesQuery(id, { limit: 20 }), ...looks });
  const releases = useQuery({ ...releasesQuery(id, { limit: 10 }), ...looks, refetchInterval: (query) => (query.state.data?.items.some((run) => run.state === 'running') ? 3000 : 10_000) });
  const promotions = useQuery({ ...promotionsQuery(id, { limit: 50 }), ...looks });
  const retry = useMutation({ mutationFn: () => retryProject(id), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['projects'] }) });
  if (project.error) return <Unread problem={project.error} what="project" onRetry={() => void project.refetch()} />;
  if (!project.data) return <Loading rows={6} />;
  const view = project.data;
  const prod = production.data?.find((one) => one.environment === 'prod');
  const mine = decisions.data?.items.find((promotion) => promotion.project === id);
  const situation = situationOf({ releases: releases.data?.items ?? [], candidates: candidates.data?.items ?? [], prod, promotions: promotions.data?.items ?? [] });
  const offered = situation?.offered;
  const toggle = (what: 'clone' | 'run') => setOpen(open === what ? null : what);
  const clone = `git clone ${view.clone_url} && cd ${view.name}\nuv venv && uv pip sync requirements.lock && .venv/bin/python -m pytest\ngit switch -c my-change   # main moves by merge only`;
  return (
    <ObjectPage
      icon="folder"
      kind="Project"
      name={view.name}
      title={view.name}
      badge={view.state === 'available' ? undefined : <StateBadge kind="instance" state={view.state} />}
      meta={
        <>
          <span>{view.title}</span>
          <Meta icon="users">{view.team}</Meta>
          <span>Tier {view.tier}</span>
          <Who who={view.owner} title="Model owner" />
          <Meta icon="clock">
            made <When at={view.created_at} form="ago" />
          </Meta>
        </>
      }
      actions={
        <>
          <Btn icon="git-branch" onClick={() => toggle('clone')}>
            Clone
          </Btn>
          {mine && (
            <BtnLink look="primary" to="/projects/$id/candidates/$number/into/$environment" params={{ id, number: String(mine.candidate), environment: mine.environment }}>
              Review candidate {mine.candidate}
            </BtnLink>
          )}
          {view.next.action === 'start_run' && (
            <Btn look={mine || offered || prod?.suspended ? 'plain' : 'primary'} icon="player-play" onClick={() => toggle('run')}>
              Run a pipeline
            </Btn>
          )}
        </>
      }
      next={
        <NextStrip next={isSettingUp(view) ? view.next : (mine?.next ?? situation?.next ?? view.next)}>
          {!mine && offered && (
            <BtnLink size="sm" to="/projects/$id/candidates/$number" params={{ id, number: String(offered.number) }}>
              Open candidate {offered.number}
            </BtnLink>
          )}
          {view.next.action === 'retry_project' && (
            <Btn size="sm" busy={retry.isPending} busyWord="Trying…" onClick={() => retry.mutate()}>
              Try again
            </Btn>
          )}
        </NextStrip>
      }
      tabs={
        <Tabs
          label="Project"
          current={Math.max(0, tabs.findIndex((tab) => tab !== '' && pathname.endsWith(tab)))}
          tabs={[
            { to: { to: '/projects/$id', params: { id } }, label: 'Flight' },
            { to: { to: '/projects/$id/candidates', params: { id } }, label: 'Candidates' },
            { to: { to: '/projects/$id/production', params: { id } }, label: 'Endpoints' },
            { to: { to: '/projects/$id/batches', params: { id } }, label: 'Batch jobs' },
            { to: { to: '/projects/$id/monitoring', params: { id } }, label: 'Monitoring' },
            { to: { to: '/projects/$id/gates', params: { id } }, label: 'Gates' },
            { to: { to: '/projects/$id/runs', params: { id } }, label: 'Runs' },
            { to: { to: '/projects/$id/code', params: { id } }, label: 'Code' },
            { to: { to: '/projects/$id/about', params: { id } }, label: 'About' },
          ]}
        />
      }
    >
      {retry.error && <ProblemNote problem={retry.error} />}
      {open === 'clone' && (
        <Panel title="Work on it" note="your token is the password" padded>
          <Snippet code={clone} note="For a token: your name at the top right, then Tokens." />
        </Panel>
      )}
      {open === 'run' && <StartRun project={view.id} onClose={() => setOpen(null)} />}
      <Outlet />
    </ObjectPage>
  );
}
