import { Link } from '@tanstack/react-router';
import type { EndpointView } from '@/api/serving';
import { When } from '@/components';
import { codeText } from '@/components/codeText';
import { plural, spoken } from '@/lib/format';

/** Where the calls of an endpoint were published as a dataset, or why they wait. */
export function Captured({ capture }: { capture: EndpointView['capture'] }) {
  if (!capture) return <p className="sm faint">Nothing captured yet: its calls become a dataset that monitors read.</p>;
  const { dataset, rows, version, reason, changed_at: at } = capture;
  return (
    <div className="sm dim">
      <p>
        {dataset ? (
          <>
            Captured: {plural(rows, 'row')} in{' '}
            <Link className="link mono" to="/datasets/$id" params={{ id: dataset }} style={{ overflowWrap: 'anywhere' }}>
              {dataset}
            </Link>
            {version != null && (
              <>
                ,{' '}
                <Link className="link" to="/datasets/$id/versions" params={{ id: dataset }}>
                  version {version}
                </Link>
              </>
            )}
            , <When at={at} form="ago" />
          </>
        ) : (
          'Nothing captured yet: no call was published.'
        )}
      </p>
      {reason && <p className="bad-text">Calls wait to be published: {codeText(spoken(reason))}.</p>}
    </div>
  );
}
