import type { Tone } from '@/api/states';

/** A share of a whole as a bar, with the sentence that says it. */
export function Bar({ share, tone = 'working', label }: { share: number; tone?: Tone; label: string }) {
  const part = Math.min(1, Math.max(0, share));
  return (
    <span className={`bar ${tone} sp`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(part * 100)}>
      <i style={{ width: `${part * 100}%` }} />
    </span>
  );
}
