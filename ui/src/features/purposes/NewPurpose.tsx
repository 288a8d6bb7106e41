import { Checkbox, NumberInput, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { newPurpose, type Use } from '@/api/requests';
import { Btn, Panel, ProblemNote } from '@/components';
import { fieldError } from '@/lib/fields';
import { sentence } from '@/lib/format';

const uses: Use[] = ['explore', 'train', 'check', 'score', 'monitor'];

/** Records a purpose: not a phrase but a record, with its lawful basis, controller and uses. */
export function NewPurpose({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [form, setForm] = useState({ name: '', text: '', lawful_basis: '', controller: '', impact_assessment: '', allowed_uses: ['explore'] as Use[], retention_days: 365 });
  const set = (part: Partial<typeof form>) => setForm((old) => ({ ...old, ...part }));
  const record = useMutation({
    mutationFn: () => newPurpose({ ...form, impact_assessment: form.impact_assessment || null }),
    onSuccess: async (purpose) => {
      await queryClient.invalidateQueries({ queryKey: ['purposes'] });
      await navigate({ to: '/purposes/$id', params: { id: purpose.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    record.mutate();
  };
  const field = (name: 'name' | 'lawful_basis' | 'controller', label: string, hint: string) => (
    <TextInput label={label} description={hint} required withAsterisk={false} value={form[name]} onChange={(event) => set({ [name]: event.currentTarget.value })} error={fieldError(record.error, name)} />
  );
  return (
    <Panel title="Record a purpose" padded>
      <form className="form" onSubmit={submit} aria-label="Record a purpose">
        {field('name', 'Name', 'Short and plain, as in pd-development')}
        <Textarea label="What for" required withAsterisk={false} autosize minRows={2} value={form.text} onChange={(event) => set({ text: event.currentTarget.value })} error={fieldError(record.error, 'text')} />
        <div className="pair">
          {field('lawful_basis', 'Lawful basis', 'As in consent, contract, legal obligation')}
          {field('controller', 'Controller', 'The legal entity that answers for it')}
        </div>
        <TextInput label="Impact assessment (optional)" description="Its reference" value={form.impact_assessment} onChange={(event) => set({ impact_assessment: event.currentTarget.value })} />
        <Checkbox.Group label="Allowed uses" value={form.allowed_uses} onChange={(values) => set({ allowed_uses: uses.filter((use) => values.includes(use)) })}>
          <div className="row wrap g16" style={{ marginTop: 4 }}>
            {uses.map((use) => (
              <Checkbox key={use} value={use} label={use === 'check' ? 'Check fairness' : sentence(use)} />
            ))}
          </div>
        </Checkbox.Group>
        <NumberInput label="Kept for" rightSection={<span className="sm faint">days</span>} rightSectionWidth={48} hideControls min={1} allowDecimal={false} value={form.retention_days} onChange={(value) => set({ retention_days: Number(value) || 1 })} />
        {record.error && <ProblemNote problem={record.error} />}
        <div className="row">
          <Btn type="submit" look="primary" busy={record.isPending} busyWord="Recording…">
            Record this purpose
          </Btn>
          <Btn look="sub" onClick={onClose}>
            Cancel
          </Btn>
        </div>
      </form>
    </Panel>
  );
}
