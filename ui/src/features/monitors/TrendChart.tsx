import { lookOf } from '@/components';
import { score } from '@/features/release/metrics';
import { instant } from '@/lib/format';
import { plot, type Trend, trendSentence } from './words';

const [width, height] = [300, 56];
const top = 8;

function Mark({ x, y, verdict }: { x: number; y: number; verdict: string }) {
  if (verdict === 'red' || verdict === 'amber') return <path d={`M${x} ${y - 5}l5 8.500h-10z`} fill={verdict === 'red' ? 'var(--bad-s)' : 'var(--warn-s)'} stroke="var(--surface)" />;
  return <circle cx={x} cy={y} r="2.500" fill="var(--c1)" />;
}

/** A number over the past evaluations: a line with its limits dashed, triangles where it broke one, crosses where it could not be computed. */
export function TrendChart({ trend }: { trend: Trend }) {
  const { x, y, lines } = plot(trend, width, height);
  const limit = (value: number | null, colour: string, word: string) =>
    value == null ? null : (
      <g>
        <line x1="0" x2={width} y1={y(value)} y2={y(value)} stroke={colour} strokeDasharray="4 3" />
        <text x={width + 6} y={y(value) + 4}>
          {word} {score(value)}
        </text>
      </g>
    );
  return (
    <svg className="ch" viewBox={`-6 ${-top} ${width + 82} ${height + 2 * top}`} role="img" aria-label={trendSentence(trend)}>
      <line className="g" x1="0" x2={width} y1={height} y2={height} />
      {limit(trend.amber === trend.red ? null : trend.amber, 'var(--warn-s)', 'amber')}
      {limit(trend.red, 'var(--bad-s)', 'red')}
      {lines.map((line) => (
        <path key={line} d={line} fill="none" stroke="var(--c1)" strokeWidth="1.500" />
      ))}
      {trend.points.map((point, at) =>
        point.value == null ? (
          <path key={point.evaluation} d={`M${x(at) - 3} ${height - 3}l6 6m0-6l-6 6`} stroke="var(--bad-s)" strokeWidth="1.500" />
        ) : (
          <Mark key={point.evaluation} x={x(at)} y={y(point.value)} verdict={point.verdict} />
        ),
      )}
    </svg>
  );
}

/** The same as a table, newest first. */
export function TrendTable({ trend }: { trend: Trend }) {
  return (
    <table className="t dense" aria-label={`${trend.what}, evaluation by evaluation`}>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col" className="num">
            Value
          </th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {trend.points.toReversed().map((point) => (
          <tr key={point.evaluation}>
            <td>{instant(point.at)}</td>
            <td className="num">{score(point.value)}</td>
            <td>{lookOf('metricVerdict', point.verdict).word}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
