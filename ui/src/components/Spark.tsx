/** A small histogram for a row: bars by hand, and a sentence for those who do not see them. */
export function Spark({ counts, label, width = 72, height = 20 }: { counts: number[]; label: string; width?: number; height?: number }) {
  const most = Math.max(...counts, 0);
  if (!counts.length || most === 0) return <span className="sm faint">no values</span>;
  const step = width / counts.length;
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label}>
      {counts.map((value, at) => {
        // A bin with few rows still shows as a line: nothing and little are different things.
        const tall = value === 0 ? 0 : Math.max(1, (value / most) * height);
        return <rect key={at} x={at * step} y={height - tall} width={Math.max(1, step - 1)} height={tall} />;
      })}
    </svg>
  );
}
