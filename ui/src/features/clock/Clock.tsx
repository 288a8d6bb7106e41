import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { clockQuery } from '@/api/evidence';
import { Empty, Facts, Loading, PageHead, Pager, Panel, ProblemNote } from '@/components';
import { plural, sentence } from '@/lib/format';
import { pageAt } from '@/lib/paging';
import { Baseline } from './Baseline';
import { Projects } from './Projects';
import { SplitLegend } from './SplitBar';
import { Stages } from './Stages';
import { runTimeWords } from './words';

/** What may be said of the saving, in the server's own sentences; nothing where it says nothing. */
export function Headline({ sentences }: { sentences: string[] }) {
  if (sentences.length === 0) return null;
  return (
    <Panel title="Against before" padded>
      <ul className="headlines">
        {sentences.map((one) => (
          <li key={one}>{sentence(one)}</li>
        ))}
      </ul>
    </Panel>
  );
}

/** The route-to-live clock: how long, how sure, against before, waiting for whom. */
export function Clock() {
  const { cursor, from = 0 } = useSearch({ from: '/frame/clock' });
  const navigate = useNavigate();
  const clock = useQuery(clockQuery(cursor));
  const view = clock.data;
  return (
    <>
      <PageHead icon="route" kind="Govern" name="Route to live" title="Route to live" meta="From an idea to a model that others use: how long, and who waits for whom. Nobody fills in a form; every transition writes a time." />
      <div className="cols">
        <div className="stack">
          {clock.error && <ProblemNote problem={clock.error} onRetry={() => void clock.refetch()} />}
          {clock.isPending && <Loading rows={8} />}
          {view && (
            <>
              <Headline sentences={view.headline} />
              <Panel title="Stages" note="medians over projects" foot={view.left_out > 0 ? `The medians leave out ${plural(view.left_out, 'project')}.` : 'Stages overlap, so they do not add up. What still runs is neither dropped nor taken for finished.'}>
                <Stages summaries={view.stages} />
              </Panel>
            </>
          )}
        </div>
        <aside className="stack" aria-label="Baseline and run times">
          <Baseline />
          {view && (
            <Panel title="Runs" note="medians" padded>
              <Facts items={view.run_times.map(runTimeWords)} />
            </Panel>
          )}
        </aside>
      </div>
      {view && (
        <div style={{ marginTop: 16 }}>
          <Panel title="Projects" right={<SplitLegend />}>
            <Projects projects={view.items} isOld={clock.isPlaceholderData} empty={<Empty title="No project’s way is measured yet." why="It begins when a project is requested, and each stage when somebody first does it." command="lockgate clock show" />} />
            <Pager from={from} shown={view.items.length} total={view.total} next={view.next_cursor} onPage={(to, at) => void navigate({ to: '/clock', search: pageAt(to, at) })} />
          </Panel>
        </div>
      )}
    </>
  );
}
