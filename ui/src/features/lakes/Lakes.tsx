import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { useState } from 'react';
import { isCrawling, lakesPageQuery, type LakeView } from '@/api/lakes';
import { can, useMe } from '@/api/session';
import { Btn, Empty, Icon, Loading, PageHead, Pager, Panel, ProblemNote, StateBadge, When } from '@/components';
import { DataTable } from '@/components/DataTable';
import { count, plural } from '@/lib/format';
import { pageAt } from '@/lib/paging';
import { Connect } from './Connect';

/** How the last crawl of a lake went, in one line. */
export function CrawlLine({ lake }: { lake: LakeView }) {
  const crawl = lake.last_crawl;
  if (!crawl) return <span className="dim">never crawled</span>;
  if (isCrawling(crawl)) {
    return (
      <span className="st working plain">
        <Icon name="loader-2" />
        Crawling, {count(crawl.done)} of {count(crawl.total)}
      </span>
    );
  }
  if (crawl.state === 'failed') return <StateBadge kind="crawl" state={crawl.state} form="plain" />;
  const broken = crawl.files_broken;
  return (
    <span className={`st plain ${broken ? 'warn' : 'good'}`}>
      <Icon name={broken ? 'alert-triangle' : 'circle-check'} />
      <When at={crawl.ended_at ?? crawl.asked_at} form="ago" />
      {broken > 0 && `, ${plural(broken, 'broken file')}`}
    </span>
  );
}

const columns: ColumnDef<LakeView, unknown>[] = [
  {
    id: 'id',
    header: 'Lake',
    cell: ({ row: { original } }) => (
      <Link className="link mono" to="/lakes/$id" params={{ id: original.id }}>
        {original.id}
      </Link>
    ),
  },
  { id: 'team', header: 'Team', cell: ({ row }) => row.original.team },
  { id: 'about', header: 'About', cell: ({ row }) => <span className="dim">{row.original.description}</span> },
  { id: 'datasets', header: 'Datasets', meta: { form: 'num' }, cell: ({ row }) => count(row.original.datasets) },
  { id: 'crawl', header: 'Last crawl', cell: ({ row }) => <CrawlLine lake={row.original} /> },
];

/** The lakes: where data lives, whose it is, and when it was last looked at. */
export function Lakes() {
  const me = useMe();
  const [isNew, setNew] = useState(false);
  const { cursor, from = 0 } = useSearch({ from: '/frame/lakes' });
  const navigate = useNavigate();
  const lakes = useQuery({ ...lakesPageQuery(cursor ? { cursor } : {}), refetchInterval: (query) => (query.state.data?.items.some((lake) => isCrawling(lake.last_crawl)) ? 1500 : false) });
  const mayConnect = can(me, 'ConnectLake');
  return (
    <>
      <PageHead
        icon="ripple"
        kind="Catalog"
        name="Lakes"
        title="Lakes"
        actions={
          mayConnect && (
            <Btn look="primary" icon="plus" onClick={() => setNew(true)}>
              Connect a lake
            </Btn>
          )
        }
      />
      <div className="stack">
        {isNew && <Connect onClose={() => setNew(false)} />}
        <Panel label="Lakes">
          {lakes.error && <ProblemNote problem={lakes.error} onRetry={() => void lakes.refetch()} />}
          {lakes.isPending ? (
            <Loading rows={3} />
          ) : (
            <DataTable
              label="Lakes"
              columns={columns}
              rows={lakes.data?.items ?? []}
              rowKey={(lake) => lake.id}
              isOld={lakes.isPlaceholderData}
              empty={
                <Empty
                  title="No lake is connected yet."
                  why={mayConnect ? 'A lake is a folder below a root that the configuration names; its data stays where it is.' : 'Data stewards and platform administrators may connect one.'}
                  command="lockgate lake connect retail --root retail --folder . --team retail"
                />
              }
            />
          )}
          <Pager from={from} shown={lakes.data?.items.length ?? 0} total={lakes.data?.total} next={lakes.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/lakes', search: pageAt(to, at) })} />
        </Panel>
      </div>
    </>
  );
}
