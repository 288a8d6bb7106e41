import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { useEffect, useRef } from 'react';
import { crawlLake, crawlQuery, crawlsQuery, type CrawlView, isCrawling, lakeQuery } from '@/api/lakes';
import { Bar, Btn, BtnLink, Empty, Facts, Loading, Meta, NextStrip, ObjectPage, Pager, Panel, ProblemNote, StateBadge, When } from '@/components';
import { DataTable } from '@/components/DataTable';
import { Unread } from '@/frame/Lost';
import { count, duration, plural, sentence } from '@/lib/format';
import { usePage } from '@/lib/paging';

const took = (crawl: CrawlView) => (crawl.ended_at && crawl.started_at ? duration(Date.parse(crawl.ended_at) - Date.parse(crawl.started_at)) : '–');
const columns: ColumnDef<CrawlView, unknown>[] = [
  { id: 'at', header: 'Asked for', cell: ({ row }) => <When at={row.original.asked_at} /> },
  { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="crawl" state={row.original.state} form="plain" /> },
  { id: 'took', header: 'Took', meta: { form: 'num' }, cell: ({ row }) => took(row.original) },
  { id: 'tables', header: 'Tables', meta: { form: 'num' }, cell: ({ row }) => count(row.original.tables_found) },
  { id: 'changed', header: 'Changed', meta: { form: 'num' }, cell: ({ row }) => count(row.original.tables_changed) },
  { id: 'read', header: 'Files read', meta: { form: 'num' }, cell: ({ row }) => count(row.original.files_read) },
  { id: 'same', header: 'Unchanged', meta: { form: 'num' }, cell: ({ row }) => count(row.original.files_skipped) },
  { id: 'broken', header: 'Broken', meta: { form: 'num' }, cell: ({ row }) => count(row.original.files_broken) },
];

/** A lake: whose it is, what its crawls found, and which files are broken. */
export function Lake() {
  const { id } = useParams({ from: '/frame/lakes/$id' });
  const queryClient = useQueryClient();
  const busy = (crawl: CrawlView | null | undefined) => (isCrawling(crawl) ? 1000 : (false as const));
  const lake = useQuery({ ...lakeQuery(id), refetchInterval: (query) => busy(query.state.data?.last_crawl) });
  const { page, from, onPage } = usePage();
  const crawls = useQuery({ ...crawlsQuery(id, page), refetchInterval: (query) => busy(query.state.data?.items[0]) });
  const crawl = useMutation({ mutationFn: () => crawlLake(id), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['lakes'] }) });
  const last = lake.data?.last_crawl;
  const found = useQuery({ ...crawlQuery(last?.id ?? ''), enabled: !!last && last.files_broken > 0 });
  const wasCrawling = useRef(false);
  const working = isCrawling(lake.data?.last_crawl);
  useEffect(() => {
    // What a crawl found shows in the catalog; ask for it again once it has ended.
    if (wasCrawling.current && !working) void queryClient.invalidateQueries({ queryKey: ['datasets'] });
    wasCrawling.current = working;
  }, [working, queryClient]);
  if (lake.error) return <Unread problem={lake.error} what="lake" onRetry={() => void lake.refetch()} />;
  if (!lake.data) return <Loading rows={6} />;
  const view = lake.data;
  return (
    <ObjectPage
      icon="ripple"
      kind="Lake"
      name={<span className="mono">{view.id}</span>}
      title={view.id}
      meta={
        <>
          <Meta icon="users">{view.team}</Meta>
          <Meta icon="table">{plural(view.datasets, 'dataset')}</Meta>
          {last && (
            <Meta icon="clock">
              crawled <When at={last.ended_at ?? last.asked_at} form="ago" />
            </Meta>
          )}
        </>
      }
      actions={
        <>
          <Btn icon="refresh" busy={crawl.isPending || working} busyWord="Crawling…" onClick={() => crawl.mutate()}>
            Crawl now
          </Btn>
          <BtnLink to="/catalog" search={{ lake: id }} look="primary" icon="database">
            Show its datasets
          </BtnLink>
        </>
      }
      next={<NextStrip next={view.next} />}
      side={
        <Panel title="Facts" padded>
          <Facts
            items={[
              ['About', view.description || 'nobody has described it yet'],
              ['Root', <span key="r" className="mono">{view.root}</span>],
              ['Folder', view.folder ? <span key="f" className="mono">{view.folder}</span> : 'the root itself'],
              ['Team', view.team],
            ]}
          />
        </Panel>
      }
    >
      {crawl.error && <ProblemNote problem={crawl.error} />}
      {last?.state === 'failed' && last.reason && <ProblemNote problem={{ status: 0, code: 'catalog.crawl_failed', detail: last.reason, hint: 'crawl again once it is mended' }} />}
      {last && working && (
        <Panel title="Crawling" padded>
          <div className="row">
            <Bar share={last.total ? last.done / last.total : 0} label="Crawl" />
            <span className="sm tn nw" role="status">
              {count(last.done)} of {count(last.total)} tables
            </span>
          </div>
        </Panel>
      )}
      {found.data && found.data.broken.length > 0 && (
        <Panel title="Broken files" note="listed, not fatal; the rest of each table is there">
          <div className="scroll" tabIndex={0} role="group" aria-label="Broken files, scrolls">
            <table className="t cards" aria-label="Broken files">
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">What is wrong</th>
                </tr>
              </thead>
              <tbody>
                {found.data.broken.map(({ path, reason, line }) => (
                  <tr key={path}>
                    <td className="mono wide">{path}</td>
                    <td className="wide">
                      {sentence(reason)}
                      {line != null && `, line ${count(line)}`}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
      <Panel title="Crawls" note="newest first; a crawl reads only what changed">
        {crawls.error && <ProblemNote problem={crawls.error} />}
        {crawls.isPending ? <Loading rows={3} /> : <DataTable label="Crawls" cards columns={columns} rows={crawls.data?.items ?? []} rowKey={(one) => one.id} isOld={crawls.isPlaceholderData} empty={<Empty small title="It has not been crawled yet." />} />}
        <Pager from={from} shown={crawls.data?.items.length ?? 0} total={crawls.data?.total} next={crawls.data?.next_cursor} onPage={onPage} />
      </Panel>
    </ObjectPage>
  );
}
