import type { ReactNode } from 'react';
import type { Span } from '@/api/datasets';

/** Returns `text` with the parts marked that the search found. The spans count characters, not UTF-16 units. */
export function Marked({ text, spans }: { text: string; spans: Span[] }): ReactNode {
  if (spans.length === 0) return text;
  const letters = [...text];
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    if (from < at) continue;
    parts.push(letters.slice(at, from).join(''), <mark key={from}>{letters.slice(from, to).join('')}</mark>);
    at = to;
  }
  return [...parts, letters.slice(at).join('')];
}
