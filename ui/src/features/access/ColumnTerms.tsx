import { SegmentedControl } from '@mantine/core';
import type { ColumnAs } from '@/api/requests';
import { Ident, Level } from '@/components';
import { type Choice, choiceOf, choicesBelow, choiceWords } from './terms';

/** What the server says of a column: how sensitive it is and what the reader will see of it. */
export type ColumnFacts = { level?: string; source?: string; sees?: string };
type ColumnTermsProps = { asked: ColumnAs[]; facts: Record<string, ColumnFacts>; choices: Record<string, Choice>; onChoose: (name: string, choice: Choice) => void; reader: string };

const rank: Record<string, number> = { restricted: 0, confidential: 1, internal: 2, public: 3 };
const order: Choice[] = ['clear', 'mask', 'check', 'out'];

/** One row per column, sensitive ones first: what was asked, what is decided, and what will be seen of it. */
export function ColumnTerms({ asked, facts, choices, onChoose, reader }: ColumnTermsProps) {
  // What nobody has classified counts as restricted; what somebody or a rule called restricted comes before it.
  const weight = (name: string) => 2 * (rank[facts[name]?.level ?? 'restricted'] ?? 0) + (facts[name]?.source === 'unclassified' ? 1 : 0);
  const rows = asked.toSorted((a, b) => weight(a.name) - weight(b.name));
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Columns, scrolls">
      <table className="t dense cards" aria-label="Decision on each column">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Asked</th>
            <th scope="col">Your decision</th>
            <th scope="col">What {reader} sees</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, as: term }) => {
            const chosen = choices[name] ?? choiceOf(term);
            const { level, source, sees } = facts[name] ?? {};
            return (
              <tr key={name}>
                <td className="m cname">
                  <Ident name={name} />
                  {level && (level !== 'public' && level !== 'internal' ? <Level level={level} {...(source ? { source } : {})} /> : null)}
                </td>
                <td className="nw dim" data-l="Asked:">
                  {choiceWords[choiceOf(term)]}
                  {chosen !== choiceOf(term) && <span className="nar">narrowed</span>}
                </td>
                <td className="wide">
                  <SegmentedControl
                    aria-label={`Decision on ${name}`}
                    data={order.map((choice) => ({ value: choice, label: choiceWords[choice], disabled: !choicesBelow(term).includes(choice) }))}
                    value={chosen}
                    onChange={(choice) => onChoose(name, choice as Choice)}
                  />
                </td>
                <td className="dim wide sees">{sees}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
