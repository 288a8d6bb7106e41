import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { monitorQuery, type MonitorView } from '@/api/monitoring';
import { Badge, Env, Loading, lookOf, Meta, NextStrip, ObjectPage, StateBadge, When } from '@/components';
import { Unread } from '@/frame/Lost';
import { count } from '@/lib/format';
import { MonitorActs } from './MonitorActs';
import { MonitorBody, MonitorFacts } from './MonitorBody';
import { SettingsForm } from './SettingsForm';
import { paceOf } from './useMonitor';

/** Returns how many breaches are not over, "2 red, 1 amber"; null where there is none. */
export function openOf({ red, amber }: Pick<MonitorView, 'red' | 'amber'>): string | null {
  return [red > 0 && `${count(red)} red`, amber > 0 && `${count(amber)} amber`].filter(Boolean).join(', ') || null;
}

/** How a monitor stands: whether it looks, and beside it what is beyond a limit, so that watching never looks like well. */
export function Standing({ monitor }: { monitor: MonitorView }) {
  const open = openOf(monitor);
  return (
    <>
      {open && <Badge look={{ ...lookOf('severity', monitor.red > 0 ? 'red' : 'amber'), word: open }} />}
      <StateBadge kind="monitor" state={monitor.state} form={open && monitor.state === 'active' ? 'plain' : 'tint'} />
    </>
  );
}

/** A monitor: is it within what was promised, since when not, and who looks after it. */
export function Monitor() {
  const { id } = useParams({ from: '/frame/monitors/$id' });
  const { breach } = useSearch({ from: '/frame/monitors/$id' });
  const [isSetting, setSetting] = useState(false);
  const found = useQuery({ ...monitorQuery(id), refetchInterval: (query) => paceOf(query.state.data) });
  if (!found.data) return found.error ? <Unread problem={found.error} what="monitor" onRetry={() => void found.refetch()} /> : <Loading rows={8} />;
  const monitor = found.data;
  return (
    <ObjectPage
      icon="activity-heartbeat"
      kind="Monitor"
      name={monitor.endpoint}
      title={`Monitor of ${monitor.endpoint}`}
      badge={<Standing monitor={monitor} />}
      meta={
        <>
          <Link className="link" to="/projects/$id/monitoring" params={{ id: monitor.project }}>
            {monitor.project}
          </Link>
          <Env name="prod" />
          <Meta icon="box">
            {monitor.model} {monitor.version}
          </Meta>
          <Meta icon="clock">{monitor.last ? <>looked <When at={monitor.last.started_at} form="ago" /></> : 'has not looked yet'}</Meta>
        </>
      }
      actions={<MonitorActs monitor={monitor} onSettings={() => setSetting(!isSetting)} />}
      next={<NextStrip next={monitor.next} />}
      side={<MonitorFacts monitor={monitor} />}
    >
      {isSetting && <SettingsForm monitor={monitor} onClose={() => setSetting(false)} />}
      <MonitorBody monitor={monitor} breach={breach} />
    </ObjectPage>
  );
}
