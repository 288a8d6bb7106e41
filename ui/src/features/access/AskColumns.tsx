import { SegmentedControl } from '@mantine/core';
import type { ColumnView } from '@/api/datasets';
import type { ColumnTerm } from '@/api/requests';
import { Ident, Level } from '@/components';
import { typeWord } from '../dataset/types';
import { type Choice, choiceOf, choiceWords, maskFor } from './terms';

type Terms = Record<string, ColumnTerm | undefined>;
const order: Choice[] = ['clear', 'mask', 'check', 'out'];

/** How each column is asked for: clear, masked, for the fairness check alone, or not at all. */
export function AskColumns({ columns, terms, onChange }: { columns: ColumnView[]; terms: Terms; onChange: (terms: Terms) => void }) {
  const chosen = (name: string): Choice => {
    if (!(name in terms)) return 'clear';
    const term = terms[name];
    return term === undefined ? 'out' : choiceOf(term);
  };
  const choose = (column: ColumnView, choice: Choice) => {
    const term = choice === 'out' ? undefined : choice === 'mask' ? maskFor(column.type) : choice;
    onChange({ ...terms, [column.name]: term });
  };
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Columns to ask for, scrolls">
      <table className="t dense cards" aria-label="Columns to ask for">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Type</th>
            <th scope="col">Ask for it</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr key={column.name}>
              <td className="m cname">
                <Ident name={column.name} />
                {!['public', 'internal'].includes(column.level) && <Level level={column.level} source={column.level_source} />}
              </td>
              <td className="dim" title={column.type}>{typeWord(column.type)}</td>
              <td className="wide">
                <SegmentedControl
                  aria-label={`Ask for ${column.name}`}
                  data={order.map((choice) => ({ value: choice, label: choiceWords[choice] }))}
                  value={chosen(column.name)}
                  onChange={(choice) => choose(column, choice as Choice)}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
