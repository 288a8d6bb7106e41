import { Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Role } from '@/api/admin';
import { editGate, type GatePolicyView } from '@/api/release';
import { useMe } from '@/api/session';
import { Btn, ConfirmAct, Env, Panel, ProblemNote } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { sentence, words } from '@/lib/format';
import { bodyOf, changesOf, draftOf, faultsOf, type GateDraft, type ToleranceDraft } from './gateDraft';
import { betterOf, checkName, metricNames, metricWords } from './metrics';
import { useLookAgain } from './useStanding';

/** The checks that the platform computes; a policy may name more. */
const platformChecks = ['parity', 'quality', 'bias'];
const approvers: Role[] = ['model_validator', 'model_owner', 'change_manager'];
const toggled = (list: string[], name: string) => (list.includes(name) ? list.filter((one) => one !== name) : [...list, name]);

function Checks({ draft, onChange }: { draft: GateDraft; onChange: (part: Partial<GateDraft>) => void }) {
  const names = [...new Set([...platformChecks, ...draft.required])];
  return (
    <fieldset className="plain">
      <legend className="lab">Required checks</legend>
      {names.map((name) => (
        <div className="row wrap ckrow" key={name}>
          <Checkbox label={checkName(name)} checked={draft.required.includes(name)} onChange={() => onChange({ required: toggled(draft.required, name) })} />
          {draft.required.includes(name) && <Checkbox size="xs" label="may be not computable, visibly" aria-label={`${checkName(name)} may be not computable`} checked={draft.lenient.includes(name)} onChange={() => onChange({ lenient: toggled(draft.lenient, name) })} />}
        </div>
      ))}
    </fieldset>
  );
}

function Approvals({ draft, onChange }: { draft: GateDraft; onChange: (part: Partial<GateDraft>) => void }) {
  const roles = [...new Set([...approvers, ...draft.approvals.map((one) => one.role)])];
  const set = (role: Role, count: number) => onChange({ approvals: [...draft.approvals.filter((one) => one.role !== role), ...(count > 0 ? [{ role, count }] : [])] });
  return (
    <fieldset className="plain">
      <legend className="lab">Approvals, never by an author</legend>
      <div className="row wrap">
        {roles.map((role) => (
          <NumberInput key={role} w={150} label={sentence(words(role))} min={0} max={9} allowDecimal={false} allowNegative={false} value={draft.approvals.find((one) => one.role === role)?.count ?? 0} onChange={(value) => set(role, Number(value) || 0)} />
        ))}
      </div>
    </fieldset>
  );
}

type ToleranceProps = { draft: ToleranceDraft; at: number; faults: Record<string, string>; onChange: (part: Partial<ToleranceDraft>) => void; onRemove: () => void };

function Tolerance({ draft, at, faults, onChange, onRemove }: ToleranceProps) {
  const { name, says } = metricWords(draft.metric);
  const fails = draft.better === 'higher' ? 'Fails below' : 'Fails above';
  return (
    <fieldset className="plain tol">
      <legend className="lab">
        <span className="m">{name}</span> {says && <span className="faint">{says}; {draft.better} is better</span>}
      </legend>
      <div className="row wrap">
        <TextInput w={120} inputMode="decimal" label={draft.better === 'higher' ? 'Amber below' : 'Amber above'} aria-label={`${name}, amber`} error={faults[`amber${at}`]} value={draft.amber} onChange={(event) => onChange({ amber: event.currentTarget.value })} />
        <TextInput w={120} inputMode="decimal" label={fails} aria-label={`${name}, ${fails.toLowerCase()}`} error={faults[`red${at}`]} value={draft.red} onChange={(event) => onChange({ red: event.currentTarget.value })} />
        <TextInput style={{ flex: 1, minWidth: 220 }} label="Why this limit" aria-label={`${name}, why this limit`} error={faults[`why${at}`]} value={draft.rationale} onChange={(event) => onChange({ rationale: event.currentTarget.value })} />
        <span className="tolx">
          <Btn look="sub" icon="x" onClick={onRemove} aria-label={`Judge ${name} no more`}>
            Remove
          </Btn>
        </span>
      </div>
    </fieldset>
  );
}

/** Changes a gate policy: what each change means is said before it is put in force. */
export function GateForm({ project, policy, onClose }: { project: string; policy: GatePolicyView; onClose: () => void }) {
  const me = useMe();
  const lookAgain = useLookAgain(project);
  const [draft, setDraft] = useState(() => draftOf(policy));
  const change = (part: Partial<GateDraft>) => setDraft((old) => ({ ...old, ...part }));
  const faults = faultsOf(draft);
  const isWhole = Object.keys(faults).length === 0;
  const changes = isWhole ? changesOf(policy, bodyOf(draft)) : [];
  const edit = useMutation({
    mutationFn: () => editGate(project, policy.environment, policy.version, bodyOf(draft)),
    onSuccess: async () => {
      await lookAgain();
      onClose();
    },
  });
  const { environment } = policy;
  const more = metricNames.filter((metric) => !draft.tolerances.some((one) => one.metric === metric));
  const add = (metric: string | null) => metric && change({ tolerances: [...draft.tolerances, { metric, better: betterOf({ name: metric }), amber: '', red: '', rationale: '' }] });
  return (
    <Panel title={<Env name={environment} of="Change the gate into" />} label={`Change the gate into ${environment}`} note={policy.version === 0 ? 'it is in force as every project has it at first' : `version ${policy.version} is in force`} padded>
      <div className="form wide">
        <Checks draft={draft} onChange={change} />
        <Approvals draft={draft} onChange={change} />
        <TextInput w={220} inputMode="numeric" label="Baking, in seconds" description="Under all traffic before it counts as live" error={faults['bakingS']} value={draft.bakingS} onChange={(event) => change({ bakingS: event.currentTarget.value })} />
        {draft.tolerances.map((one, at) => (
          <Tolerance key={one.metric} draft={one} at={at} faults={faults} onChange={(part) => change({ tolerances: draft.tolerances.map((other, index) => (index === at ? { ...other, ...part } : other)) })} onRemove={() => change({ tolerances: draft.tolerances.filter((_, index) => index !== at) })} />
        ))}
        {more.length > 0 && <Select w={260} label="Judge another metric" placeholder="Choose one" data={more.map((metric) => ({ value: metric, label: metricWords(metric).name }))} value={null} onChange={add} />}
        {edit.error && <ProblemNote problem={edit.error} />}
        <div className="row wrap">
          {changes.length > 0 ? (
            <ConfirmAct
              look="primary"
              act={`Put version ${policy.version + 1} in force`}
              question={`Change the gate into ${environment}?`}
              consequence="It holds at once for every candidate that has not passed. Approvals given under the version before are void and are asked for again; what is live stays live. It is undone by another change."
              rows={changes.map((line, index): [string, string] => [String(index + 1), line])}
              busy={edit.isPending}
              busyWord="Putting in force…"
              signedAs={roleLine(me)}
              problem={edit.error}
              onConfirm={() => edit.mutate()}
            />
          ) : (
            <span className="sm faint">{isWhole ? 'Nothing is changed yet.' : 'Something above is missing or does not fit.'}</span>
          )}
          <Btn look="sub" onClick={onClose}>
            Cancel
          </Btn>
        </div>
      </div>
    </Panel>
  );
}
