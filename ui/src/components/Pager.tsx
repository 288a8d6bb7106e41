import { count } from '@/lib/format';
import { Btn } from './Btn';

type PagerProps = { from: number; shown: number; total?: number | null | undefined; next?: string | null | undefined; onPage: (cursor: string | undefined, from: number) => void };

/** Where in the list this page lies, and the way to the next and the first one. The server pages by cursor. */
export function Pager({ from, shown, total, next, onPage }: PagerProps) {
  if (shown === 0 || (from === 0 && !next)) {
    return shown > 0 && total != null ? <div className="pager">{count(total)} in all</div> : null;
  }
  return (
    <div className="pager">
      <span className="tn">
        {count(from + 1)}–{count(from + shown)}
        {total != null && ` of ${count(total)}`}
      </span>
      <span className="sp" />
      {from > 0 && (
        <Btn size="sm" onClick={() => onPage(undefined, 0)}>
          First page
        </Btn>
      )}
      {next && (
        <Btn size="sm" onClick={() => onPage(next, from + shown)}>
          Next page
        </Btn>
      )}
    </div>
  );
}
