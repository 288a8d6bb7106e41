import { useMemo, useState } from 'react';
import type { EvaluationView } from '@/api/monitoring';
import { Btn, Empty, lookOf, Panel } from '@/components';
import { plural } from '@/lib/format';
import { TrendChart, TrendTable } from './TrendChart';
import { trendsOf } from './words';

const atFirst = 6;

/** How each number went over the past evaluations, the loudest first. */
export function Trends({ evaluations }: { evaluations: EvaluationView[] }) {
  const [isAll, setAll] = useState(false);
  const [isTable, setTable] = useState(false);
  const trends = useMemo(() => trendsOf(evaluations), [evaluations]);
  if (trends.length === 0) return <Panel title="Over time"><Empty small title="Nothing has been measured yet." why="From the second evaluation on each number has a line here." /></Panel>;
  const shown = isAll ? trends : trends.slice(0, atFirst);
  return (
    <Panel
      title="Over time"
      note={`the last ${plural(evaluations.length, 'evaluation')}; dashed: the limits, ▲ beyond one, × not computable`}
      right={
        <Btn size="sm" look="sub" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? 'Charts' : 'Tables'}
        </Btn>
      }
      padded
    >
      <div className="trends">
        {shown.map((trend) => {
          const last = trend.points.at(-1);
          return (
            <figure key={trend.key} className="trend">
              <figcaption className="row">
                <span className="m">{trend.what}</span>
                <span className="sp" />
                {last && <span className="sm dim">{lookOf('metricVerdict', last.verdict).word}</span>}
              </figcaption>
              {isTable ? <TrendTable trend={trend} /> : <TrendChart trend={trend} />}
            </figure>
          );
        })}
      </div>
      {trends.length > shown.length && (
        <button type="button" className="link sm" onClick={() => setAll(true)}>
          {trends.length - shown.length} more
        </button>
      )}
    </Panel>
  );
}
