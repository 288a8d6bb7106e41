import { age, exactly, instant } from '@/lib/format';

/** An instant: as a moment, to the second where the order counts, or as its age ("2 h ago"); the exact one with its zone is in the title. */
export function When({ at, form = 'moment' }: { at: string | null | undefined; form?: 'moment' | 'exact' | 'ago' | 'age' }) {
  if (!at) return <span>–</span>;
  const shown = age(at);
  const isSpan = /^\d+ [a-z]+$/.test(shown);
  return (
    <time dateTime={at} title={at} className="nw">
      {form === 'exact' ? exactly(at) : form === 'moment' ? instant(at) : form === 'ago' && isSpan ? `${shown} ago` : shown}
    </time>
  );
}
