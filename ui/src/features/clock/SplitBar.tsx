import { useId } from 'react';
import { barOf, type Split, splitWords } from './words';

const fill = (part: keyof Split, hatch: string) => ({ people: `url(#${hatch})`, machines: 'var(--working-s)', working: 'var(--hands-on)' })[part];

/** What a time was spent on: hatched waits for people, blue waits for machines, grey is work; and the sentence that says it. */
export function SplitBar({ split, label }: { split: Split; label: string }) {
  const hatch = `hatch${useId().replaceAll(':', '')}`;
  const bars = barOf(split);
  if (bars.length === 0) return null;
  return (
    <svg className="split" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={`${label}: ${splitWords(split)}`}>
      <defs>
        <pattern id={hatch} width="3" height="3" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="3" height="3" fill="var(--waiting-t)" />
          <rect width="1.400" height="3" fill="var(--waiting-s)" />
        </pattern>
      </defs>
      {bars.map(({ part, from, share }) => (
        <rect key={part} x={from * 100} width={share * 100} height="12" fill={fill(part, hatch)} />
      ))}
    </svg>
  );
}

/** What the parts of the bars mean. */
export function SplitLegend() {
  return (
    <span className="leg">
      <span>
        <i className="ppl" /> waiting for people
      </span>
      <span>
        <i style={{ ['--x' as string]: 'var(--working-s)' }} /> waiting for machines
      </span>
      <span>
        <i style={{ ['--x' as string]: 'var(--hands-on)' }} /> working
      </span>
    </span>
  );
}
