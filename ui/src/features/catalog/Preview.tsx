import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { columnsQuery, type Hit, profileQuery } from '@/api/datasets';
import { BtnLink, FactBadge, Facts, Loading, Panel, ProblemNote, Spark, When } from '@/components';
import { count } from '@/lib/format';
import { Marked } from './Marked';

const fewColumns = 7;

/** The dataset under the cursor: what it is, and what each matching column is for you. `Space` shows or hides it. */
export function Preview({ hit }: { hit: Hit }) {
  const columns = useQuery(columnsQuery(hit.id));
  const profile = useQuery(profileQuery(hit.id));
  const items = columns.data?.items ?? [];
  const matched = new Map(hit.matched_columns.map(({ name, ranges }) => [name, ranges]));
  const shown = [...items.filter((column) => matched.has(column.name)), ...items.filter((column) => !matched.has(column.name))].slice(0, fewColumns);
  return (
    <Panel label={`Preview of ${hit.id}`}>
      <div className="pb stack" style={{ gap: 10 }}>
        <div className="mono b" style={{ overflowWrap: 'anywhere' }}>{hit.id}</div>
        {hit.description && <p className="dim">{hit.description}</p>}
        <div className="row">
          <BtnLink to="/datasets/$id" params={{ id: hit.id }} look="primary">
            Open
          </BtnLink>
          {hit.access.state === 'readable' ? (
            <BtnLink to="/worksheet" search={{ dataset: hit.id }} icon="terminal-2">
              Query
            </BtnLink>
          ) : (
            <BtnLink to="/ask" search={{ dataset: hit.id }} icon="key">
              Ask for access
            </BtnLink>
          )}
        </div>
        <Facts
          items={[
            ['Owner', hit.team],
            ['Lake', hit.lake],
            ['Rows', count(hit.rows)],
            ['Fresh', <When key="fresh" at={hit.fresh_at} form="ago" />],
          ]}
        />
      </div>
      {columns.error && <ProblemNote problem={columns.error} />}
      {columns.isPending && <Loading rows={4} />}
      {shown.length > 0 && (
        <table className="t dense" aria-label={`Columns of ${hit.id}`}>
          <thead>
            <tr>
              <th scope="col">{matched.size ? 'Matching columns' : 'Columns'}</th>
              <th scope="col">Values</th>
              <th scope="col">For you</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((column) => {
              const values = profile.data?.columns.find((one) => one.name === column.name);
              return (
                <tr key={column.name}>
                  <td className="mono cut" style={{ maxWidth: 120 }} title={column.name}>
                    <Marked text={column.name} spans={matched.get(column.name) ?? []} />
                  </td>
                  <td>
                    {values?.histogram?.length ? <Spark counts={values.histogram.map((bin) => bin.count)} label={`Values of ${column.name}`} width={56} /> : <span className="sm faint">not shown</span>}
                  </td>
                  <td>
                    <FactBadge group="columnForYou" fact={column.for_you} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <div className="pf">
        <Link to="/datasets/$id" params={{ id: hit.id }} className="link">
          All {hit.columns} columns
        </Link>
        <span className="sp" />
        <kbd>Space</kbd> hides this
      </div>
    </Panel>
  );
}
