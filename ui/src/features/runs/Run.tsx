import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { cancelRun, isUnderWay, type RunView, runQuery } from '@/api/runs';
import { Btn, Digest, Env, Facts, Loading, Meta, NextStrip, ObjectPage, ProblemNote, StateBadge, When, Who } from '@/components';
import { Unread } from '@/frame/Lost';
import { shortId } from '@/lib/format';
import { took } from './RunTable';
import { Step } from './Step';
import { Steps } from './Steps';

/** Returns the step to look at: the one asked for, else the one that works or failed; before there is one the next, after all the last. */
export function stepToShow(run: RunView, asked: string | undefined) {
  const steps = run.steps ?? [];
  const first = (state: string) => steps.find((step) => step.state === state);
  return steps.find(({ name }) => name === asked) ?? first('running') ?? first('failed') ?? (isUnderWay(run) ? steps.find(({ state }) => state !== 'succeeded') : undefined) ?? steps.at(-1);
}

/** A run: how it goes, its steps as a graph, and of one step its log, its cause and what it made. */
export function Run() {
  const { id } = useParams({ from: '/frame/runs/$id' });
  const search = useSearch({ from: '/frame/runs/$id' });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const run = useQuery({ ...runQuery(id), refetchInterval: (query) => (isUnderWay(query.state.data) ? 700 : false) });
  const cancel = useMutation({ mutationFn: () => cancelRun(id), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['runs'] }) });
  if (run.error) return <Unread problem={run.error} what="run" onRetry={() => void run.refetch()} />;
  if (!run.data) return <Loading rows={8} />;
  const view = run.data;
  const shown = stepToShow(view, search.step);
  const look = (part: { step?: string; view?: 'table'; tab?: string }) => void navigate({ to: '/runs/$id', params: { id }, search: { ...search, ...part } });
  return (
    <ObjectPage
      icon="player-play"
      kind={`Run of pipeline ${view.pipeline}`}
      name={`Run ${shortId(view.id)}`}
      title={`Run ${shortId(view.id)}`}
      badge={<StateBadge kind="run" state={view.state} fact={isUnderWay(view) ? `${view.steps_done} of ${view.steps_total} steps` : null} />}
      meta={
        <>
          <Link className="link" to="/projects/$id" params={{ id: view.project }}>
            {view.project}
          </Link>
          <Env name={view.environment.split('/')[1] ?? view.environment} of="as" />
          {view.revision && <Meta icon="git-branch">{view.revision}</Meta>}
          <Who who={view.started_by} />
          <When at={view.created_at} form="ago" />
          <span className="tn">{took(view)}</span>
          {view.engine.isolation === 'none' && <Meta icon="alert-triangle">steps are not kept apart here</Meta>}
        </>
      }
      actions={
        isUnderWay(view) &&
        view.next.action === 'cancel_run' && (
          <Btn look="danger" icon="player-stop" busy={cancel.isPending} busyWord="Cancelling…" onClick={() => cancel.mutate()}>
            Cancel run
          </Btn>
        )
      }
      next={<NextStrip next={view.next} />}
    >
      {cancel.error && <ProblemNote problem={cancel.error} />}
      <Steps run={view} selected={shown?.name ?? null} isTable={search.view === 'table'} onSelect={(step) => look({ step })} />
      {shown && <Step run={view.id} step={shown} tab={search.tab} />}
      <details className="panel">
        <summary>
          Parameters and digests <span>what this run was made of</span>
        </summary>
        <div className="pb">
          <Facts
            items={[
              ...Object.entries(view.parameters ?? {}).map(([name, value]): [string, string] => [name, JSON.stringify(value)]),
              ['Commit', view.commit ? <Digest key="c" value={view.commit} /> : 'none'],
              ['Engine', `${view.engine.engine}, ${view.engine.isolation === 'none' ? 'steps not kept apart' : `kept apart by ${view.engine.isolation}`}`],
              ['Cancelled by', view.cancelled_by ? <Who key="x" who={view.cancelled_by} /> : null],
            ]}
          />
        </div>
      </details>
    </ObjectPage>
  );
}
