import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation, useParams } from '@tanstack/react-router';
import { datasetQuery, type DatasetView } from '@/api/datasets';
import { BtnLink, FactBadge, Facts, Loading, Meta, NextStrip, ObjectPage, Panel, StateBadge, type Tab, Tabs, When } from '@/components';
import { Unread } from '@/frame/Lost';
import { bytes, count } from '@/lib/format';
import { ReadIt } from './ReadIt';
import { StewardActs } from './StewardActs';

const parts = ['', 'access', 'versions', 'history'] as const;
const labels = { '': 'Columns', access: 'Access', versions: 'Versions', history: 'History' };

function tabsOf(dataset: DatasetView): Tab[] {
  const params = { id: dataset.id };
  const counts = { '': dataset.columns, access: null, versions: dataset.version, history: null };
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
  const split = dataset.partitions.length ? `, split by ${dataset.partitions.join(', ')}` : '';
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
          <span className="tn">
            {count(dataset.rows)} rows{split}
          </span>
          <span>Version {dataset.version}</span>
          <Meta icon="clock">
            <When at={dataset.fresh_at} form="ago" />
          </Meta>
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
                ['Level', <FactBadge key="level" group="level" fact={dataset.level} />],
                ['Record key', dataset.record_key.length ? <span key="key" className="mono">{dataset.record_key.join(', ')}</span> : 'not named yet'],
                ['Rows', count(dataset.rows)],
                ['Files', `${count(dataset.files)}, ${bytes(dataset.size_bytes)}`],
                ['Found', <When key="found" at={dataset.found_at} />],
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
