import type { MonitorView } from '@/api/monitoring';
import { Line, lookOf, Pager, Panel, ProblemNote, readPrincipal, When } from '@/components';
import { codeText } from '@/components/codeText';
import { count, spoken } from '@/lib/format';
import { usePage } from '@/lib/paging';
import { useEvaluations } from './useMonitor';
import { cameOut } from './words';

/** The evaluations, the newest first: what came of each and why. */
export function PastEvaluations({ monitor }: { monitor: MonitorView }) {
  const { page, from, onPage } = usePage();
  const evaluations = useEvaluations(monitor, page);
  const items = evaluations.data?.items ?? [];
  if (items.length === 0 && from === 0) return null;
  return (
    <details className="panel">
      <summary>
        Evaluations <span>{evaluations.data?.total != null && `${count(evaluations.data.total)}, `}with what came of each, the newest first</span>
      </summary>
      <Panel label="Evaluations">
        {evaluations.error && <ProblemNote problem={evaluations.error} onRetry={() => void evaluations.refetch()} />}
        {items.map((one) => {
          const look = lookOf('evaluation', one.state);
          return (
            <Line
              key={one.id}
              icon={look.icon}
              tone={look.tone}
              title={
                <>
                  <span className="m">{look.word}</span> <span className="dim">{one.metrics.length > 0 ? cameOut(one.metrics) : ''}</span>
                </>
              }
              under={codeText(spoken([one.asked_by ? `asked for by ${readPrincipal(one.asked_by).name}` : 'by its schedule', `candidate ${one.candidate}`, one.reason].filter(Boolean).join('; ')))}
              when={<When at={one.started_at} />}
            />
          );
        })}
        <Pager from={from} shown={items.length} total={evaluations.data?.total} next={evaluations.data?.next_cursor} onPage={onPage} />
      </Panel>
    </details>
  );
}
