import type { EvaluatedMetric } from '@/api/monitoring';
import { Ident, Interval, StateBadge } from '@/components';
import { barSentence, betterOf, interval, limitOf, metricWords, scaleOf, score } from '@/features/release/metrics';
import { count } from '@/lib/format';
import { asJudged, byLoudness } from './words';

function Track({ metric }: { metric: EvaluatedMetric }) {
  if (metric.value == null) return <span className="sm bad-text">no value, so nobody knows</span>;
  const judged = asJudged(metric);
  return (
    <span className="mbar">
      <Interval
        now={{ value: metric.value, low: metric.low ?? null, high: metric.high ?? null }}
        {...(metric.red != null ? { limit: metric.red } : {})}
        {...(metric.amber != null ? { amber: metric.amber } : {})}
        failsBelow={betterOf(metric) === 'higher'}
        {...scaleOf(judged)}
        label={barSentence(judged)}
      />
    </span>
  );
}

function Row({ metric, isFirst }: { metric: EvaluatedMetric; isFirst: boolean }) {
  const { name, says } = metricWords(metric.name);
  const limit = limitOf(metric);
  const isLoud = metric.verdict === 'red' || metric.verdict === 'not_computable';
  return (
    <tr className={isLoud ? 'loud' : ''}>
      <td className="what">
        <b>{name}</b> {isFirst && says && <span className="sm faint">{says}</span>}
        {metric.reason && <div className={`sm ${metric.value == null ? 'bad-text' : 'dim'}`}>{metric.reason}</div>}
      </td>
      <td className="col">{metric.column ? <Ident name={metric.column} /> : <span className="dim">all rows</span>}</td>
      <td className="num b val">{score(metric.value)}</td>
      <td className="num dim iv">{interval(metric)}</td>
      <td className="barcell">
        <Track metric={metric} />
      </td>
      <td className="num dim hs">{count(metric.n)}</td>
      <td className="lim">
        <StateBadge kind="metricVerdict" state={metric.verdict} form={isLoud ? 'tint' : 'plain'} fact={limit && metric.value != null ? `limit ${limit}` : null} />
      </td>
    </tr>
  );
}

/** What an evaluation measured, the loudest first: value, interval, where it lies against amber and red, and what it comes to. */
export function MeasuredTable({ metrics }: { metrics: EvaluatedMetric[] }) {
  const sorted = byLoudness(metrics);
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="What was measured, scrolls">
      <table className="t mt" aria-label="What was measured">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col">Column</th>
            <th scope="col" className="num">
              Value
            </th>
            <th scope="col" className="num iv">
              95% interval
            </th>
            <th scope="col">Against its limits</th>
            <th scope="col" className="num hs">
              Rows
            </th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((metric, at) => (
            <Row key={`${metric.name}:${metric.column ?? ''}`} metric={metric} isFirst={sorted.findIndex((one) => one.name === metric.name) === at} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
