import type { RequestView, Scope } from '@/api/requests';
import { Facts, Ident, Panel, When, Who } from '@/components';
import { day } from '@/lib/format';
import { choiceOf, choiceWords } from './terms';

/** What was asked and, once decided, what was granted, column by column. */
export function ScopePanel({ title, asked, granted }: { title: string; asked: Scope; granted?: Scope | null | undefined }) {
  const given = new Map(granted?.columns.map(({ name, as }) => [name, as]));
  const { rows, row_filter: rules, expires_at } = granted ?? asked;
  return (
    <Panel
      title={title}
      note={`until ${day(expires_at)}`}
      foot={<span>{rules.length ? `Only rows where ${rows}` : 'Every row'}</span>}
    >
      <div className="scroll" tabIndex={0} role="group" aria-label={`${title}, scrolls`}>
        <table className="t dense cards" aria-label={title}>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Asked</th>
              {granted && <th scope="col">Granted</th>}
            </tr>
          </thead>
          <tbody>
            {asked.columns.map(({ name, as: term }) => {
              const now = given.get(name);
              return (
                <tr key={name}>
                  <td className="m cname wide">
                    <Ident name={name} />
                  </td>
                  <td className="dim" data-l="Asked:">{choiceWords[choiceOf(term)]}</td>
                  {granted && <td className={now === term ? 'dim' : 'b'} data-l="Granted:">{choiceWords[choiceOf(now ?? 'left_out')]}</td>}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** How a request stands for those who do not decide it. */
export function Outcome({ request }: { request: RequestView }) {
  const { decided } = request;
  return (
    <>
      {decided && (
        <Panel title="Decision" padded>
          <Facts
            items={[
              ['By', <Who key="by" who={decided.by} />],
              ['When', <When key="at" at={decided.at} />],
              ['Reason', decided.reason ?? null],
            ]}
          />
        </Panel>
      )}
      {request.kind === 'read' && <ScopePanel title={request.granted ? 'Asked and granted' : 'Asked for'} asked={request.asked} granted={request.granted} />}
    </>
  );
}
