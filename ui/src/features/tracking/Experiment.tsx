import { Checkbox, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { useState } from 'react';
import { type ExperimentRun, experimentQuery, experimentRunsQuery, spaceName } from '@/api/tracking';
import { Empty, Loading, Meta, NextStrip, ObjectPage, Pager, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { Unread } from '@/frame/Lost';
import { figure } from '@/lib/format';
import { pageAt } from '@/lib/paging';
import { Compare, namesIn } from './Compare';

function columnsFor(runs: ExperimentRun[], chosen: string[], choose: (id: string) => void): ColumnDef<ExperimentRun, unknown>[] {
  return [
    { id: 'choose', header: () => <span className="vh">Compare</span>, cell: ({ row: { original } }) => <Checkbox size="xs" aria-label={`Compare ${original.name}`} checked={chosen.includes(original.id)} onChange={() => choose(original.id)} /> },
    {
      id: 'name',
      header: 'Run',
      cell: ({ row: { original } }) => (
        <Link className="link" to="/experiment-runs/$id" params={{ id: original.id }}>
          {original.name}
        </Link>
      ),
    },
    { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="experimentRun" state={row.original.state} form="plain" /> },
    { id: 'by', header: 'By', cell: ({ row }) => <Who who={row.original.created_by} /> },
    { id: 'at', header: 'Started', meta: { sort: 'start_time' }, cell: ({ row }) => <When at={row.original.started_at} form="ago" /> },
    ...namesIn(runs, 'metrics', 6).map((name): ColumnDef<ExperimentRun, unknown> => ({ id: `m.${name}`, header: name, meta: { form: 'num', sort: `metrics.\`${name}\`` }, cell: ({ row }) => figure(row.original.metrics[name]) })),
    ...namesIn(runs, 'params', 4).map((name): ColumnDef<ExperimentRun, unknown> => ({ id: `p.${name}`, header: name, cell: ({ row }) => <span className="dim cut value" title={row.original.params[name]}>{row.original.params[name] ?? ''}</span> })),
  ];
}

/** An experiment: its runs beside each other, sorted and filtered by the server. */
export function Experiment() {
  const { id } = useParams({ from: '/frame/experiments/$id' });
  const search = useSearch({ from: '/frame/experiments/$id' });
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string[]>([]);
  const [text, setText] = useState(search.filter ?? '');
  const experiment = useQuery(experimentQuery(id));
  const order = search.by ? `${search.by} ${search.down ? 'DESC' : 'ASC'}` : undefined;
  const runs = useQuery({ ...experimentRunsQuery(id, { filter: search.filter, order_by: order, cursor: search.cursor }), refetchInterval: 5000 });
  if (experiment.error) return <Unread problem={experiment.error} what="experiment" onRetry={() => void experiment.refetch()} />;
  if (!experiment.data) return <Loading rows={6} />;
  const view = experiment.data;
  const items = runs.data?.items ?? [];
  const go = (part: typeof search) => void navigate({ to: '/experiments/$id', params: { id }, search: part });
  const choose = (one: string) => setChosen((old) => (old.includes(one) ? old.filter((other) => other !== one) : [...old, one].slice(-6)));
  const compared = items.filter((run) => chosen.includes(run.id));
  return (
    <ObjectPage
      icon="flask"
      kind="Experiment"
      name={view.name}
      title={view.name}
      meta={
        <>
          <span>{spaceName(view.space)}</span>
          <Who who={view.created_by} />
          <Meta icon="clock">
            <When at={view.changed_at} form="ago" />
          </Meta>
        </>
      }
      next={<NextStrip next={view.next} />}
    >
      {compared.length > 0 && <Compare runs={compared} />}
      <Panel title="Runs" note="choose some to compare them">
        <form
          className="logbar"
          onSubmit={(event) => {
            event.preventDefault();
            go({ ...(text ? { filter: text } : {}), ...(search.by ? { by: search.by } : {}), ...(search.down ? { down: true } : {}) });
          }}
        >
          <TextInput className="long" size="xs" aria-label="Filter" placeholder="metrics.auc > 0.7 and params.seed = '7'" value={text} onChange={(event) => setText(event.currentTarget.value)} />
          <button className="btn sm" type="submit">
            Filter
          </button>
        </form>
        {runs.error && <ProblemNote problem={runs.error} onRetry={() => void runs.refetch()} />}
        {runs.isPending ? (
          <Loading rows={5} />
        ) : (
          <DataTable
            label="Runs"
            dense
            columns={columnsFor(items, chosen, choose)}
            rows={items}
            rowKey={(run) => run.id}
            isOld={runs.isPlaceholderData}
            {...(search.by ? { sort: { by: search.by, descending: search.down ?? false } } : {})}
            onSort={({ by, descending }) => go({ ...(search.filter ? { filter: search.filter } : {}), by, ...(descending ? { down: true } : {}) })}
            empty={search.filter ? <Empty small title="No run fits this filter." /> : <Empty title="Nothing was logged here yet." why="A run appears with its first line of mlflow." />}
          />
        )}
        <Pager from={search.from ?? 0} shown={items.length} total={runs.data?.total} next={runs.data?.next_cursor} onPage={(cursor, at) => { const { cursor: _, from: __, ...rest } = search; go({ ...rest, ...pageAt(cursor, at) }); }} />
      </Panel>
    </ObjectPage>
  );
}
