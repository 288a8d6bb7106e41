import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation, useParams } from '@tanstack/react-router';
import { datasetQuery, type DatasetView } from '@/api/datasets';
import { BtnLink, Facts, Loading, Meta, NextStrip, ObjectPage, Panel, StateBadge, type Tab, Tabs, When, Who } from '@/components';
import { Unread } from '@/frame/Lost';
import { bytes, count } from '@/lib/format';
import { ReadIt } from './ReadIt';
import { StewardActs } from './StewardActs';

const parts = ['', 'access', 'versions', 'history'] as const;
const labels = { '': 'Columns', access: 'Access', versions: 'Versions', history: 'History' };

function tabsOf(dataset: DatasetView): Tab[] {
  const params = { id: dataset.id };
  const counts = { '': dataset.columns, access: null, versions: dataset.version ?? null, history: null };
  return parts.map((part) => ({ label: labels[part], count: counts[part], to: { to: part ? `/datasets/$id/${part}` : '/datasets/$id', params } as Tab['to'] }));
}

/** What may I see, whose is it, and how do I read it. */
export function Dataset() {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const { pathname } = useLocation();
  const { data: dataset, error, refetch } = useQuery(datasetQuery(id));
  if (error) return <Unread problem={error} what="dataset" onRetry={() => void refetch()} />;
  if (!dataset) return <Loading rows={8} />;
  const tabs = tabsOf(dataset);
  const current = Math.max(0, parts.findIndex((part) => part !== '' && pathname.endsWith(`/${part}`)));
  const mayRead = dataset.access.state === 'readable';
  const size = [dataset.rows != null && `${count(dataset.rows)} rows`, dataset.partitions ? `${dataset.partitions} partitions` : null].filter(Boolean).join(' in ');
  return (
    <ObjectPage
      icon="table"
      kind={`Dataset in lake ${dataset.lake}, ${dataset.visibility}`}
      name={<span className="mono">{dataset.id}</span>}
      title={dataset.id}
      badge={<StateBadge kind="dataset" state={dataset.state} />}
      meta={
        <>
          <Meta icon="users">{dataset.team}</Meta>
          {dataset.stewards.map((steward) => (
            <Who key={steward} who={steward} title="Data steward" />
          ))}
          {size && <span className="tn">{size}</span>}
          {dataset.version != null && <span>Version {dataset.version}</span>}
          {dataset.fresh_at && (
            <Meta icon="clock">
              <When at={dataset.fresh_at} form="ago" />
            </Meta>
          )}
        </>
      }
      actions={
        mayRead ? (
          <>
            <BtnLink to="/ask" search={{ dataset: id }} icon="key">
              Ask for more
            </BtnLink>
            <BtnLink to="/worksheet" search={{ dataset: id }} look="primary" icon="terminal-2">
              Query in worksheet
            </BtnLink>
          </>
        ) : (
          <BtnLink to="/ask" search={{ dataset: id }} look="primary" icon="key">
            Ask for access
          </BtnLink>
        )
      }
      next={<NextStrip next={dataset.next} {...(mayRead ? { icon: 'key' } : {})} />}
      tabs={<Tabs tabs={tabs} current={current} label="Dataset" />}
      side={
        <>
          <ReadIt dataset={dataset} />
          <Panel title="Facts" padded>
            <Facts
              items={[
                ['Description', dataset.description || 'nobody has written one yet'],
                ['Owner', dataset.team],
                ['Level', <StateBadge key="level" kind="columnLevel" state={dataset.level} form="plain" />],
                ['Rows', count(dataset.rows)],
                ['Files', dataset.files == null ? null : `${count(dataset.files)}, ${bytes(dataset.size_bytes)}`],
                ['Crawled', dataset.crawled_at ? <When at={dataset.crawled_at} form="ago" /> : null],
              ]}
            />
          </Panel>
          <StewardActs dataset={dataset} />
        </>
      }
    >
      <Outlet />
    </ObjectPage>
  );
}
