import { useTimeout } from '@mantine/hooks';
import { useState } from 'react';

/** Rows in the shape of what will come, after 150 ms; before that nothing, so that a fast answer does not flicker. */
export function Loading({ rows = 5, label = 'Loading' }: { rows?: number; label?: string }) {
  const [shown, setShown] = useState(false);
  useTimeout(() => setShown(true), 150, { autoInvoke: true });
  const widths = [62, 88, 74, 93, 58];
  return (
    <div className="pb stack" style={{ gap: 14, minHeight: rows * 26 }} role="status" aria-label={label}>
      {shown && Array.from({ length: rows }, (_, at) => <span key={at} className="sk" style={{ width: `${widths[at % widths.length]}%` }} />)}
    </div>
  );
}
