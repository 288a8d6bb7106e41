import { Link } from '@tanstack/react-router';
import type { MonitorView } from '@/api/monitoring';
import { Facts, Ident, Loading, Panel, When } from '@/components';
import { metricWords, toleranceWords } from '@/features/release/metrics';
import { Breaches } from './Breaches';
import { LastEvaluation } from './LastEvaluation';
import { PastEvaluations } from './PastEvaluations';
import { Trends } from './Trends';
import { useEvaluations } from './useMonitor';
import { every, windowOf } from './words';

/** What a monitor found: its last evaluation, how the numbers went, and the breaches. */
export function MonitorBody({ monitor, breach }: { monitor: MonitorView; breach?: string | undefined }) {
  const evaluations = useEvaluations(monitor);
  const items = evaluations.data?.items ?? [];
  return (
    <>
      {evaluations.isPending ? <Loading rows={6} /> : <LastEvaluation monitor={monitor} evaluations={items} problem={evaluations.error} onRetry={() => void evaluations.refetch()} />}
      <Breaches monitor={monitor.id} project={monitor.project} chosen={breach} />
      {items.length > 0 && <Trends evaluations={items} />}
      <PastEvaluations monitor={monitor} />
    </>
  );
}

/** What a monitor reads, how often, and by which limits it judges. */
export function MonitorFacts({ monitor }: { monitor: MonitorView }) {
  const dataset = (id: string) => (
    <Link className="link" to="/datasets/$id" params={{ id }}>
      <Ident name={id} />
    </Link>
  );
  return (
    <Panel title="What it watches" padded>
      <Facts
        items={[
          ['Endpoint', <span key="e" className="mono">{monitor.endpoint}</span>],
          ['Live', <Link key="l" className="link" to="/projects/$id/candidates/$number" params={{ id: monitor.project, number: String(monitor.candidate) }}>candidate {monitor.candidate}, {monitor.model} {monitor.version}</Link>],
          ['Calls', monitor.capture ? dataset(monitor.capture) : 'none captured yet'],
          ['Outcomes', monitor.truth ? <span key="t">{dataset(monitor.truth.dataset)} column <span className="mono">{monitor.truth.column}</span>{monitor.truth_is_set ? '' : ', from the contract'}</span> : 'none are known: nothing that needs them can be computed'],
          ['Looks', `${every(monitor.every_s)}, ${windowOf(monitor.window_h)} back`],
          ['Next look', monitor.due_at ? <When key="d" at={monitor.due_at} /> : 'none, it is paused'],
          ['Limits', <Link key="p" className="link" to="/projects/$id/gates" params={{ id: monitor.project }}>gate policy, version {monitor.policy}</Link>],
          ...monitor.tolerances.map((one): [string, string] => [metricWords(one.metric).name, toleranceWords(one)]),
          ['Excused', monitor.may_be_not_computable.length > 0 ? `${monitor.may_be_not_computable.map((name) => metricWords(name).name).join(', ')} may be not computable` : null],
        ]}
      />
    </Panel>
  );
}
