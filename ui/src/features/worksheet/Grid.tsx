import type { Result } from '@/api/query';
import { unknown } from '@/lib/format';

const isNumber = (value: unknown) => typeof value === 'number';
const shown = (value: unknown) => (value == null ? unknown : typeof value === 'object' ? JSON.stringify(value) : String(value));

/** The rows of a result. Empty is –; numbers stand right. */
export function Grid({ result }: { result: Result }) {
  if (result.rows.length === 0) return <p className="pb dim">No row passes.</p>;
  const numeric = result.columns.map((_, at) => result.rows.slice(0, 50).some((row) => isNumber(row[at])));
  return (
    <div className="grid" tabIndex={0} role="group" aria-label="Rows, scrolls">
      <table className="t dense" aria-label="Result">
        <thead>
          <tr>
            {result.columns.map((name, at) => (
              <th key={name} scope="col" className={numeric[at] ? 'num' : ''}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {result.rows.map((row, at) => (
            <tr key={at}>
              {row.map((value, column) => (
                <td key={column} className={numeric[column] ? 'num' : ''}>
                  {value == null ? <span className="faint">{unknown}</span> : shown(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
