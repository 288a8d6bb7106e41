import type { StageComparison, StageSummary } from '@/api/evidence';
import { Badge } from '@/components';
import { plural } from '@/lib/format';
import { comparisonWords, lasting, medianWords, stageName } from './words';

const otherwise = { tone: 'warn', icon: 'alert-triangle', word: 'Defined differently' } as const;
const alike = { tone: 'good', icon: 'circle-check', word: 'Same definition' } as const;

function Before({ one }: { one: StageComparison }) {
  return (
    <div>
      <span className="tn m">{lasting(one.baseline_s)}</span> <Badge form="plain" look={one.same_definition ? alike : otherwise} />
      <div className="sm dim">
        {one.source}, {plural(one.n, 'case')}
        {!one.same_definition && `; there from “${one.definition_from}” to “${one.definition_to}”`}
      </div>
      <div className="sm">{comparisonWords(one)}</div>
    </div>
  );
}

/** The stages over all projects: between what each is measured, how long it takes now, and what it took before. */
export function Stages({ summaries }: { summaries: StageSummary[] }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Stages, scrolls">
      <table className="t" aria-label="Stages">
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Now</th>
            <th scope="col">Before</th>
          </tr>
        </thead>
        <tbody>
          {summaries.map((one) => (
            <tr key={one.stage}>
              <td>
                <b>{stageName(one.stage)}</b>
                <div className="sm faint">
                  {one.definition_from} → {one.definition_to}
                </div>
              </td>
              <td>{medianWords(one)}</td>
              <td>{one.comparisons.length > 0 ? one.comparisons.map((before) => <Before key={`${before.source}-${before.definition_from}-${before.baseline_s}`} one={before} />) : <span className="dim">no baseline</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
