import type { CandidateCheck } from '@/api/release';
import { Icon, Panel } from '@/components';
import { sentence } from '@/lib/format';
import { notTested } from './metrics';

/** What was not tested, each with its reason; said also when it is nothing. */
export function NotTested({ checks }: { checks: CandidateCheck[] }) {
  const gaps = notTested(checks);
  return (
    <Panel title={<span className="row g4"><Icon name="zoom-question" /> What was not tested</span>} label="What was not tested" padded>
      <ul className="dot">
        {gaps.map((gap) => (
          <li key={`${gap.what}:${gap.why}`}>
            <span className="ic bad">
              <Icon name="plug-x" label="Could not compute" />
            </span>
            <span>
              <b className="m">{gap.what}:</b> {gap.why}
            </span>
          </li>
        ))}
        {gaps.length === 0 && (
          <li>
            <span className="ic good">
              <Icon name="circle-check" />
            </span>
            <span>Every check of this policy has a value.</span>
          </li>
        )}
        <li>
          <span className="ic idle">
            <Icon name="circle-minus" />
          </span>
          <span className="dim">{sentence('figures that the project’s own runs logged: kept as evidence, they count for nothing here.')}</span>
        </li>
      </ul>
    </Panel>
  );
}
