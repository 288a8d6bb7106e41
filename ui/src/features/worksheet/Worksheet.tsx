import { Select } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { grantsQuery } from '@/api/grants';
import { purposesQuery, type Use } from '@/api/requests';
import { cancelQuery, downloadCsv, placeOf, type Query, type Result, runQuery } from '@/api/query';
import { problemOf } from '@/api/client';
import type { Problem } from '@/api/types';
import { Btn, BtnLink, Empty, Loading, PageHead, Panel, ProblemNote } from '@/components';
import { count, day, duration, plural, sentence, shortId } from '@/lib/format';
import { namedFor, severalFor } from './choice';
import { Grid } from './Grid';
import { Readable } from './Readable';

const Editor = lazy(() => import('./Editor').then(({ Editor: component }) => ({ default: component })));
const shownRows = 1000;
type Run = { state: 'idle' | 'running' | 'done' | 'failed'; result?: Result; problem?: Problem; lost?: string | undefined; ms?: number; isCancelled?: boolean };

/** The worksheet: SQL on what the viewer's grants let through, for a purpose and a use. */
export function Worksheet() {
  const { dataset } = useSearch({ from: '/frame/worksheet' });
  const queryClient = useQueryClient();
  const grants = useQuery(grantsQuery({ mine: true, state: 'active', limit: 200 }));
  const readable = useMemo(() => (grants.data?.items ?? []).filter((grant) => grant.kind === 'read'), [grants.data]);
  const known = useQuery(purposesQuery);
  const [sql, setSql] = useState(dataset ? `SELECT *\nFROM ${dataset}\nLIMIT 100` : '');
  const [chosen, setChosen] = useState<{ purpose?: string; use?: Use }>({});
  const [run, setRun] = useState<Run>({ state: 'idle' });
  const stop = useRef<AbortController | null>(null);
  const running = useRef<string | null>(null);
  const purposes = [...new Set(readable.map((grant) => grant.purpose))];
  const forDataset = readable.find((grant) => grant.object === dataset) ?? readable[0];
  const purpose = chosen.purpose ?? forDataset?.purpose ?? '';
  const uses = [...new Set(readable.filter((grant) => grant.purpose === purpose).flatMap((grant) => grant.uses))];
  const use = chosen.use && uses.includes(chosen.use) ? chosen.use : (uses[0] ?? 'explore');
  const [under, setUnder] = useState<Record<string, string>>({});
  const several = severalFor(sql, readable, purpose, use);
  const query: Query = { sql, purpose, use, grants: namedFor(several, under) };
  const schema = useMemo(() => Object.fromEntries(readable.map((grant) => [grant.object, grant.columns.map((column) => column.name)])), [readable]);

  const execute = async () => {
    if (run.state === 'running' || !sql.trim() || !purpose) return;
    const controller = new AbortController();
    stop.current = controller;
    const began = performance.now();
    setRun({ state: 'running' });
    try {
      const result = await runQuery(query, shownRows, controller.signal, (soFar) => {
        running.current = soFar.id;
        if (soFar.rows.length) setRun({ state: 'running', result: soFar });
      });
      setRun({ state: 'done', result, ms: performance.now() - began });
    } catch (failure) {
      if (controller.signal.aborted) setRun({ state: 'idle', isCancelled: true });
      else {
        const problem = problemOf(failure);
        const isRefused = problem.status === 403 || problem.code === 'catalog.grant_not_in_force';
        const mayAsk = isRefused && /ask for access/i.test(problem.hint ?? '');
        setRun({ state: 'failed', problem, lost: mayAsk ? readable.find(({ object }) => sql.includes(object))?.object : undefined });
        if (isRefused) void queryClient.invalidateQueries({ queryKey: ['grants'] });
      }
    }
  };
  // What was typed and what was answered stay, also once the last grant has ended.
  const isShown = readable.length > 0 || run.state !== 'idle';
  const cancel = () => {
    // Told apart from a lost connection, so that the server stops reading at once and says who stopped it.
    if (running.current) void cancelQuery(running.current).catch(() => undefined);
    stop.current?.abort();
  };
  const mark = useMemo(() => placeOf(run.problem), [run.problem]);
  const save = async () => {
    try {
      await downloadCsv(query);
    } catch (failure) {
      setRun({ state: 'failed', problem: problemOf(failure) });
    }
  };
  const facts = run.result && [plural(run.result.rows.length, 'row'), plural(run.result.columns.length, 'column'), run.ms != null && duration(run.ms)].filter(Boolean).join(', ');
  return (
    <>
      <PageHead icon="terminal-2" kind="Discover" name="Worksheet" title="Worksheet" meta="SQL on what your grants let through. Each run is kept in the audit log with its purpose." />
      {grants.error && <ProblemNote problem={grants.error} onRetry={() => void grants.refetch()} />}
      {grants.isPending && <Loading rows={4} />}
      {grants.data && !isShown && (
        <Panel label="No data yet">
          <Empty title="You may read no dataset yet." why="The worksheet reads what your grants let through: ask for a dataset first. Reads work at once after the approval.">
            <BtnLink to="/catalog" look="primary" icon="database">
              Find data
            </BtnLink>
          </Empty>
        </Panel>
      )}
      {isShown && (
        <div className="cols" style={{ ['--side' as string]: '260px' }}>
          <div className="ws">
            <Panel label="Query" padded>
              <div className="stack g8">
                <div className="row wrap" style={{ alignItems: 'end' }}>
                  <Select label="Purpose" data={purposes.map((value) => ({ value, label: known.data?.items.find((one) => one.id === value)?.name ?? value }))} value={purpose} allowDeselect={false} onChange={(value) => value && setChosen({ purpose: value })} />
                  <Select label="Use" data={uses.map((value) => ({ value, label: sentence(value) }))} value={use} allowDeselect={false} onChange={(value) => {
                      const next = uses.find((one) => one === value);
                      if (next) setChosen({ purpose, use: next });
                    }} />
                  <span className="sp" />
                  {run.state === 'running' ? (
                    <Btn look="danger" icon="player-stop" onClick={cancel}>
                      Cancel
                    </Btn>
                  ) : (
                    <Btn look="primary" icon="player-play" disabled={!sql.trim()} onClick={() => void execute()}>
                      Run
                    </Btn>
                  )}
                </div>
                {several.map(({ object, grants: fitting }) => (
                  <Select
                    key={object}
                    label={`Grant for ${object}`}
                    description="Several of yours fit. A query reads under one; they are never added up."
                    placeholder="Choose one"
                    data={fitting.map((grant) => ({ value: grant.id, label: `${shortId(grant.id)}: ${plural(grant.columns.length, 'column')}, ${grant.rows}, until ${day(grant.expires_at)}` }))}
                    value={under[object] ?? null}
                    onChange={(value) => setUnder((old) => ({ ...old, [object]: value ?? '' }))}
                  />
                ))}
                <Suspense fallback={<Loading rows={5} />}>
                  <Editor value={sql} schema={schema} mark={mark} onChange={setSql} onRun={() => void execute()} />
                </Suspense>
                <p className="hint hide-s">
                  <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs, <kbd>Esc</kbd> leaves the editor
                </p>
              </div>
            </Panel>
            {run.problem && (
              <ProblemNote problem={run.problem}>
                {run.lost && (
                  <BtnLink size="sm" to="/ask" search={{ dataset: run.lost }}>
                    Ask for access again
                  </BtnLink>
                )}
              </ProblemNote>
            )}
            {run.isCancelled && <p className="dim" role="status">Cancelled. The server stopped reading.</p>}
            {run.state === 'running' && !run.result && <Panel label="Result"><Loading rows={5} label="Running" /></Panel>}
            {run.result && (
              <Panel
                title="Result"
                note={facts}
                right={
                  run.state === 'done' && (
                    <Btn size="sm" icon="download" onClick={() => void save()}>
                      Download CSV
                    </Btn>
                  )
                }
                foot={run.result.isCut ? `Only the first ${count(shownRows)} rows are shown; the download has more.` : undefined}
              >
                <Grid result={run.result} />
              </Panel>
            )}
          </div>
          <aside aria-label="What you may read">
            <Readable grants={readable} onPick={(object) => setSql((old) => (old.trim() ? `${old}\n-- ${object}` : `SELECT *\nFROM ${object}\nLIMIT 100`))} />
          </aside>
        </div>
      )}
    </>
  );
}
