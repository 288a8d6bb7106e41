import { SegmentedControl } from '@mantine/core';
import type { ColumnView } from '@/api/datasets';
import type { ColumnTerm } from '@/api/requests';
import { Ident, Level } from '@/components';
import { typeWord } from '../dataset/types';
import { type Choice, choiceOf, choiceWords, maskFor, presetOf } from './terms';

type Terms = Record<string, ColumnTerm | undefined>;
const order: Choice[] = ['clear', 'mask', 'check', 'out'];

const isSensitive = (column: ColumnView) => presetOf(column) === 'out';

/** Returns as what a column is asked for: what was chosen, else what its level presets. */
export function termOf(column: ColumnView, terms: Terms): ColumnTerm | undefined {
  if (column.name in terms) return terms[column.name];
  return isSensitive(column) ? undefined : 'clear';
}

/** How each column is asked for: clear, masked, for the fairness check alone, or not at all; sensitive ones first. */
export function AskColumns({ columns, terms, onChange }: { columns: ColumnView[]; terms: Terms; onChange: (terms: Terms) => void }) {
  const chosen = (column: ColumnView): Choice => {
    const term = termOf(column, terms);
    return term === undefined ? 'out' : choiceOf(term);
  };
  const sorted = [...columns.filter(isSensitive), ...columns.filter((column) => !isSensitive(column))];
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
          {sorted.map((column) => (
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
                  value={chosen(column)}
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
