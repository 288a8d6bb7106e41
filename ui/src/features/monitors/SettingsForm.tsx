import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type MonitorView, setMonitor } from '@/api/monitoring';
import { Btn, Panel, ProblemNote } from '@/components';
import { fieldError } from '@/lib/fields';
import { useLookAgainAtMonitors } from './useMonitor';
import { draftOf, faultsOf, type SettingsDraft, settingsOf } from './words';

/** Changes where outcomes come from, how often a monitor looks and how far back. */
export function SettingsForm({ monitor, onClose }: { monitor: MonitorView; onClose: () => void }) {
  const lookAgain = useLookAgainAtMonitors();
  const [draft, setDraft] = useState(() => draftOf(monitor));
  const faults = faultsOf(draft);
  const isWhole = Object.keys(faults).length === 0;
  const save = useMutation({
    mutationFn: () => setMonitor(monitor.id, settingsOf(draft)),
    onSuccess: async () => {
      await lookAgain();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isWhole) save.mutate();
  };
  const field = (name: keyof SettingsDraft) => ({ value: draft[name], error: faults[name], onChange: (event: { currentTarget: HTMLInputElement }) => setDraft({ ...draft, [name]: event.currentTarget.value }) });
  const isUnchanged = JSON.stringify(draft) === JSON.stringify(draftOf(monitor));
  const ofContract = !monitor.truth_is_set && monitor.truth ? ` Now: ${monitor.truth.dataset}, column ${monitor.truth.column}.` : '';
  return (
    <Panel title="Settings" note="they survive the next release; limits are those of the gate policy" padded>
      <form className="form" onSubmit={submit} aria-label={`Settings of the monitor of ${monitor.endpoint}`}>
        <div className="pair">
          <TextInput label="Dataset with outcomes, optional" placeholder="lake.schema.table" description={`It holds the record key, too. Left empty: the target of the contract.${ofContract}`} {...field('dataset')} error={faults.dataset ?? fieldError(save.error, 'truth.dataset')} />
          <TextInput label="Column of the outcome" placeholder="defaulted" description="What really happened, known later" {...field('column')} error={faults.column ?? fieldError(save.error, 'truth.column')} />
          <TextInput label="Looks every … minutes" inputMode="numeric" {...field('minutes')} error={faults.minutes ?? fieldError(save.error, 'every_s')} />
          <TextInput label="Looks back … hours" inputMode="numeric" {...field('hours')} error={faults.hours ?? fieldError(save.error, 'window_h')} />
        </div>
        {save.error && <ProblemNote problem={save.error} />}
        <div className="row wrap">
          <Btn look="tint" type="submit" busy={save.isPending} busyWord="Saving…" disabled={!isWhole || isUnchanged}>
            Save settings
          </Btn>
          <Btn look="sub" onClick={onClose}>
            Cancel
          </Btn>
          {isUnchanged && <span className="sm faint">Nothing is changed yet.</span>}
        </div>
      </form>
    </Panel>
  );
}
