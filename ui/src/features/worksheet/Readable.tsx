import type { GrantView } from '@/api/grants';
import { Panel } from '@/components';
import { day } from '@/lib/format';
import { choiceOf, choiceWords } from '../access/terms';
import { PurposeName } from '../purposes/names';

/** What the viewer may read here: each dataset with its columns as they are seen. */
export function Readable({ grants, onPick }: { grants: GrantView[]; onPick: (object: string) => void }) {
  return (
    <Panel title="You may read">
      {grants.map((grant) => (
        <details key={grant.id} className="op">
          <summary>
            <span className="mono m cut" title={grant.object}>
              {grant.object}
            </span>
          </summary>
          <div className="pb stack g4" style={{ paddingTop: 0 }}>
            <div className="sm faint">
              <PurposeName id={grant.purpose} />, until {day(grant.expires_at)}
            </div>
            {grant.columns.map(({ name, as: term }) => (
              <div className="row" key={name}>
                <span className="mono cut">{name}</span>
                <span className="sp" />
                {term !== 'clear' && <span className="sm faint">{choiceWords[choiceOf(term)]}</span>}
              </div>
            ))}
            <button type="button" className="link sm" style={{ justifySelf: 'start' }} onClick={() => onPick(grant.object)}>
              Use it in the query
            </button>
          </div>
        </details>
      ))}
    </Panel>
  );
}
