import type { EvaluationView } from '@/api/monitoring';
import { Line, lookOf, Panel, readPrincipal, When } from '@/components';
import { codeText } from '@/components/codeText';
import { spoken } from '@/lib/format';
import { cameOut } from './words';

/** The evaluations, the newest first: what came of each and why. */
export function PastEvaluations({ evaluations }: { evaluations: EvaluationView[] }) {
  if (evaluations.length === 0) return null;
  return (
    <details className="panel">
      <summary>
        Evaluations <span>the last {evaluations.length}, with what came of each</span>
      </summary>
      <Panel label="Evaluations">
        {evaluations.map((one) => {
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
      </Panel>
    </details>
  );
}
