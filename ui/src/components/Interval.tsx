type Range = { value: number; low?: number | null; high?: number | null };
type IntervalProps = { now: Range; before?: Range; limit?: number; amber?: number; failsBelow?: boolean; from: number; to: number; label: string };

/** An estimate with its interval against a limit: a dot and line for this, a diamond for what it is compared with; between `amber` and the limit it needs an eye. */
export function Interval({ now, before, limit, amber, failsBelow = true, from, to, label }: IntervalProps) {
  const [width, height] = [160, 22];
  const x = (value: number) => ((Math.min(Math.max(value, from), to) - from) / (to - from || 1)) * width;
  const line = ({ low, high, value }: Range, y: number, colour: string) => (
    <line x1={x(low ?? value)} x2={x(high ?? value)} y1={y} y2={y} stroke={colour} strokeWidth="1.500" />
  );
  return (
    <svg className="ch" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      <line className="g" x1="0" x2={width} y1={height / 2} y2={height / 2} />
      {limit != null && amber != null && amber !== limit && (
        <>
          <rect x={Math.min(x(limit), x(amber))} y="2" width={Math.abs(x(amber) - x(limit))} height={height - 4} fill="var(--warn-t)" />
          <line x1={x(amber)} x2={x(amber)} y1="2" y2={height - 2} stroke="var(--warn-s)" strokeDasharray="2 2" />
        </>
      )}
      {limit != null && (
        <>
          <rect x={failsBelow ? 0 : x(limit)} y="2" width={failsBelow ? x(limit) : width - x(limit)} height={height - 4} fill="var(--bad-t)" />
          <line x1={x(limit)} x2={x(limit)} y1="0" y2={height} stroke="var(--bad-s)" />
        </>
      )}
      {line(now, 8, 'var(--c1)')}
      <circle cx={x(now.value)} cy="8" r="3.500" fill="var(--c1)" />
      {before && line(before, 15, 'var(--ref)')}
      {before && <rect x={-3} y={-3} width="6" height="6" fill="var(--surface)" stroke="var(--ref)" transform={`translate(${x(before.value)} 15) rotate(45)`} />}
    </svg>
  );
}
