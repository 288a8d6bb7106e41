import type { LiveModelMetric } from '@/api/live';
import { Empty, Interval, Panel } from '@/components';
import { barSentence, interval, metricWords, scaleOf, score } from '../release/metrics';

/** How good it is: each number with its 95% interval, as it was computed before it went live. */
export function CardMetrics({ metrics }: { metrics: LiveModelMetric[] }) {
  return (
    <Panel title="How good it is" note="computed by the platform before it went live">
      {metrics.length === 0 ? (
        <Empty small title="No number is on its card." why="Its gate asks for none." />
      ) : (
        <div className="scroll" tabIndex={0} role="group" aria-label="How good it is, scrolls">
          <table className="t cards" aria-label="How good it is">
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col" className="num">
                  Value
                </th>
                <th scope="col" className="num">
                  95% interval
                </th>
                <th scope="col">Where it lies</th>
              </tr>
            </thead>
            <tbody>
              {metrics.map((metric, at) => {
                const { name, says } = metricWords(metric.name);
                return (
                  <tr key={`${metric.name}:${at}`}>
                    <td className="wide">
                      <b>{name}</b> {says && <span className="sm faint">{says}</span>}
                    </td>
                    <td className="num b" data-l="Value:">{score(metric.value)}</td>
                    <td className="num dim" data-l="95%:">{interval(metric)}</td>
                    <td className="wide">
                      <span className="mbar">
                        <Interval now={{ value: metric.value, low: metric.low ?? null, high: metric.high ?? null }} {...scaleOf(metric)} label={barSentence(metric)} />
                      </span>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
