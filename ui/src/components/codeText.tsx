import type { ReactNode } from 'react';

/** Returns `text` with what stands in backticks set as something that can be pasted. */
export function codeText(text: string): ReactNode {
  return text.split('`').map((part, at) => (at % 2 === 1 ? <span className="mono" key={at}>{part}</span> : part));
}
