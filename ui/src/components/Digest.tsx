import { useClipboard } from '@mantine/hooks';

/** A digest below the fold: its first 8 hex, the whole in the title, copied on click. */
export function Digest({ value }: { value: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const short = value.replace(/^sha256:/, '').slice(0, 8);
  return (
    <button type="button" className="link dg" title={value} aria-label={`Copy digest ${short}`} onClick={() => clipboard.copy(value)}>
      {clipboard.copied ? 'copied' : short}
    </button>
  );
}
