const level: Record<string, [y: number, height: number]> = { dev: [8.4, 3.4], preprod: [4.9, 6.9], prod: [0.4, 11.4] };

/** An environment: a lock chamber with low, half or full water, always with the word. Shape, not hue. */
export function Env({ name, of }: { name: string; of?: string }) {
  const [y, height] = level[name] ?? [8.4, 3.4];
  return (
    <span className="env">
      <svg viewBox="0 0 13 14" aria-hidden>
        <rect x="0.75" y="0.75" width="11.5" height="12.5" rx="2.2" fill="none" stroke="var(--ink-3)" strokeWidth="1.3" />
        <rect x="2.2" y={y} width="8.6" height={height} rx="1" fill="var(--accent)" />
      </svg>
      {of ? `${of} ${name}` : name}
    </span>
  );
}
