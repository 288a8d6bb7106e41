import { Fragment } from 'react';
import type { CandidateCheck, MetricView } from '@/api/release';
import { Badge, Interval, StateBadge } from '@/components';
import { codeText } from '@/components/codeText';
import { count } from '@/lib/format';
import { amber } from './looks';
import { barSentence, betterOf, checkName, interval, isAmber, limitOf, metricLook, metricWords, scaleOf, score } from './metrics';

/** Returns the same metric of another candidate. */
export const sameMetric = (checks: CandidateCheck[] | undefined, check: string, metric: MetricView) => checks?.find((one) => one.name === check)?.metrics.find((one) => one.name === metric.name && (one.group ?? null) === (metric.group ?? null)) ?? null;

function MetricBar({ metric, before }: { metric: MetricView; before: MetricView | null }) {
  if (metric.value == null) return <span className="sm faint">no value, so no bar</span>;
  const scale = scaleOf(metric, before);
  return (
    <span className="mbar">
      <Interval
        now={{ value: metric.value, low: metric.low ?? null, high: metric.high ?? null }}
        {...(before?.value != null ? { before: { value: before.value, low: before.low ?? null, high: before.high ?? null } } : {})}
        {...(metric.red != null ? { limit: metric.red } : {})}
        {...(metric.amber != null ? { amber: metric.amber } : {})}
        failsBelow={betterOf(metric) === 'higher'}
        {...scale}
        label={barSentence(metric, before)}
      />
    </span>
  );
}

function MetricRow({ check, metric, live }: { check: string; metric: MetricView; live: CandidateCheck[] | undefined }) {
  const { name, says } = metricWords(metric.name);
  const before = sameMetric(live, check, metric);
  const limit = limitOf(metric);
  const look = metricLook(metric);
  return (
    <tr>
      <td className="what">
        <b>{name}</b> {metric.group ? <span className="dim">{metric.group}</span> : says && <span className="sm faint">{says}</span>}
        {metric.value == null && metric.reason && <div className="sm bad-text">{metric.reason}</div>}
      </td>
      <td className="num b val">{score(metric.value)}</td>
      <td className="num dim iv">{interval(metric)}</td>
      <td className="barcell">
        <MetricBar metric={metric} before={before} />
      </td>
      {live && <td className="num dim lv">{score(before?.value)}</td>}
      <td className="num dim hs">{count(metric.n)}</td>
      <td className="lim">
        {metric.value == null ? (
          <StateBadge kind="verdict" state="not_computable" form="plain" />
        ) : limit ? (
          <Badge form="plain" look={{ ...look, word: isAmber(metric) ? `${amber.word}, limit ${limit}` : limit }} />
        ) : (
          <span className="sm faint">shown, not judged</span>
        )}
      </td>
    </tr>
  );
}

/** What was computed, check by check: value, interval, where it lies against amber and red, and the limit. */
export function MetricTable({ checks, live, liveNumber }: { checks: CandidateCheck[]; live?: CandidateCheck[] | undefined; liveNumber?: number | null }) {
  const span = live ? 7 : 6;
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="What was tested, scrolls">
      <table className="t mt" aria-label="What was tested">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" className="num">
              Value
            </th>
            <th scope="col" className="num iv">
              95% interval
            </th>
            <th scope="col">Against its limits</th>
            {live && (
              <th scope="col" className="num lv">
                Live{liveNumber == null ? '' : `, ${liveNumber}`}
              </th>
            )}
            <th scope="col" className="num hs">
              Rows
            </th>
            <th scope="col">Limit</th>
          </tr>
        </thead>
        <tbody>
          {checks.map((check) => (
            <Fragment key={check.name}>
              <tr className="grp">
                <td colSpan={span}>
                  <span className="row wrap g4">
                    <span className="m">{checkName(check.name)}</span>
                    <StateBadge kind="verdict" state={check.verdict} form="plain" />
                    {check.note && <span className="faint note">{codeText(check.note)}</span>}
                  </span>
                </td>
              </tr>
              {check.metrics.map((metric) => (
                <MetricRow key={`${metric.name}:${metric.group ?? ''}`} check={check.name} metric={metric} live={live} />
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the marks of the bars mean. */
export function MetricLegend({ live }: { live?: number | null }) {
  return (
    <span className="leg" aria-hidden>
      <span>
        <i style={{ ['--x' as string]: 'var(--c1)', width: 8, borderRadius: 8 }} />
        this one
      </span>
      {live != null && (
        <span>
          <i style={{ ['--x' as string]: 'transparent', width: 7, height: 7, border: '1.5px solid var(--ref)', borderRadius: 0, transform: 'rotate(45deg)' }} />
          {live}, live
        </span>
      )}
      <span>
        <i style={{ ['--x' as string]: 'var(--warn-t)', border: '1px dashed var(--warn-s)' }} />
        amber
      </span>
      <span>
        <i style={{ ['--x' as string]: 'var(--bad-t)', borderRight: '2px solid var(--bad-s)' }} />
        fails
      </span>
    </span>
  );
}
