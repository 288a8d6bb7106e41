import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { gatesQuery, type GatePolicyView, mayNow, verbs } from '@/api/release';
import { can, useMe } from '@/api/session';
import { Btn, Empty, Env, Icon, Loading, Panel, ProblemNote, readPrincipal, StateBadge, When } from '@/components';
import { duration, sentence, words } from '@/lib/format';
import { GateForm } from './GateForm';
import { checkName, metricWords, score } from './metrics';

function Tolerances({ policy }: { policy: GatePolicyView }) {
  if (policy.tolerances.length === 0) return <p className="pb dim">No metric is judged at this gate beyond those that cut a candidate.</p>;
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={`Limits of the gate into ${policy.environment}, scrolls`}>
      <table className="t dense cards" aria-label={`Limits of the gate into ${policy.environment}`}>
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" className="num">Amber</th>
            <th scope="col" className="num">Fails</th>
            <th scope="col">Why this limit</th>
          </tr>
        </thead>
        <tbody>
          {policy.tolerances.map((one) => {
            const sign = one.better === 'higher' ? '<' : '>';
            return (
              <tr key={one.metric}>
                <td className="wide">
                  <b className="m">{metricWords(one.metric).name}</b> <span className="sm faint">{one.better} is better</span>
                </td>
                <td className="num nw" data-l="Amber:"><span className="st plain warn"><Icon name="alert-triangle" />{sign} {score(one.amber)}</span></td>
                <td className="num nw" data-l="Fails:"><span className="st plain bad"><Icon name="circle-x" />{sign} {score(one.red)}</span></td>
                <td className="dim wide">{one.rationale}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Policy({ policy, onEdit }: { policy: GatePolicyView; onEdit: (() => void) | null }) {
  return (
    <Panel
      title={<Env name={policy.environment} of="Gate into" />}
      label={`Gate into ${policy.environment}`}
      note={policy.version === 0 ? 'as every project has it at first' : `version ${policy.version}`}
      right={
        <>
          <StateBadge kind="gatePolicy" state={policy.state} form="plain" />
          {onEdit && (
            <Btn size="sm" icon="pencil" onClick={onEdit}>
              Change
            </Btn>
          )}
        </>
      }
      foot={
        <span>
          {policy.version === 0 ? (
            'It holds until somebody changes it.'
          ) : (
            <>
              By {readPrincipal(policy.by).name}, <When at={policy.at} />
            </>
          )}
        </span>
      }
    >
      <div className="pb policy">
        <div>
          <div className="lab">Required checks</div>
          <ul className="dot">
            {policy.required.map((name) => (
              <li key={name}>
                <span className="ic idle">
                  <Icon name="list-check" />
                </span>
                <span>
                  {checkName(name)}
                  {policy.may_be_not_computable.includes(name) && <span className="sm faint"> passes without a value, and says so</span>}
                </span>
              </li>
            ))}
            {policy.required.length === 0 && <li><span /><span className="dim">none</span></li>}
          </ul>
        </div>
        <div>
          <div className="lab">Approvals</div>
          {policy.approvals.map((one) => (
            <p key={one.role}>
              {one.count} × {words(one.role)}
            </p>
          ))}
          {policy.approvals.length === 0 && <p className="dim">none: the checks decide</p>}
          {policy.approvals.length > 0 && <p className="sm faint">Never by an author of the candidate.</p>}
        </div>
        <div>
          <div className="lab">Baking</div>
          <p>{policy.baking_s > 0 ? sentence(`${duration(policy.baking_s * 1000)} under all traffic before it counts as live`) : 'none'}</p>
        </div>
      </div>
      <Tolerances policy={policy} />
    </Panel>
  );
}

/** The gate policies of a project: what a candidate must pass to enter an environment. */
export function Gates() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const me = useMe();
  const gates = useQuery(gatesQuery(id));
  const [editing, setEditing] = useState<string | null>(null);
  const mayEdit = can(me, verbs.editGate);
  const shown = gates.data?.filter((policy) => policy.state !== 'replaced') ?? [];
  return (
    <>
      {gates.error && <ProblemNote problem={gates.error} onRetry={() => void gates.refetch()} />}
      {gates.isPending && <Loading rows={6} />}
      {gates.data && shown.length === 0 && (
        <Panel label="Gates">
          <Empty title="This project has no gates yet." why="They come with its environments." />
        </Panel>
      )}
      {shown.map((policy) =>
        editing === policy.environment ? (
          <GateForm key={policy.environment} project={id} policy={policy} onClose={() => setEditing(null)} />
        ) : (
          <Policy key={policy.environment} policy={policy} onEdit={mayEdit || mayNow(policy.next, 'editGate') ? () => setEditing(policy.environment) : null} />
        ),
      )}
      {shown.length > 0 && !mayEdit && <p className="sm faint">Model validators and change managers change a gate; whoever may make candidates of this project may not.</p>}
    </>
  );
}
