import { NumberInput, SegmentedControl, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { createProject, type NewProject as Body, type TemplateView } from '@/api/projects';
import { Btn, Panel, ProblemNote } from '@/components';
import { fieldError } from '@/lib/fields';

/** A parameter of a template, as JSON Schema says it. */
type Parameter = { type?: string; title?: string; description?: string; default?: unknown; enum?: unknown[] };
type Values = Record<string, unknown>;
type FieldProps = { name: string; about: Parameter; value: unknown; error: string | undefined; onChange: (value: unknown) => void };

function ParameterField({ name, about, value, error, onChange }: FieldProps) {
  const shared = { label: about.title ?? name, description: about.description, error };
  if (about.enum) return <Select {...shared} allowDeselect={false} data={about.enum.map(String)} value={value == null ? null : String(value)} onChange={onChange} />;
  if (about.type === 'boolean') return <Switch {...shared} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
  if (about.type === 'integer' || about.type === 'number') {
    return <NumberInput {...shared} hideControls allowDecimal={about.type === 'number'} value={typeof value === 'number' ? value : ''} onChange={(next) => onChange(next === '' ? undefined : Number(next))} />;
  }
  return <TextInput {...shared} value={typeof value === 'string' ? value : ''} onChange={(event) => onChange(event.currentTarget.value)} />;
}

const blank = { name: '', title: '', team: '', owner: '', tier: '2', intended_use: '', prohibited_use: '' };

/** Makes a project: a few fields, then a repository and three environments within seconds. */
export function NewProject({ template, onClose }: { template: TemplateView; onClose: () => void }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const parameters = Object.entries((template.parameters as { properties?: Record<string, Parameter> }).properties ?? {});
  const [form, setForm] = useState(blank);
  const [values, setValues] = useState<Values>(Object.fromEntries(parameters.flatMap(([name, about]) => (about.default === undefined ? [] : [[name, about.default]]))));
  const create = useMutation({
    mutationFn: () => createProject({ ...form, tier: Number(form.tier), template: template.name, parameters: values as NonNullable<Body['parameters']> }),
    onSuccess: async (project) => {
      // Whoever makes a project holds a new role; what they may do is asked anew.
      await Promise.all([queryClient.invalidateQueries({ queryKey: ['projects'] }), queryClient.invalidateQueries({ queryKey: ['me'] })]);
      await navigate({ to: '/projects/$id', params: { id: project.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const set = (name: keyof typeof form) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget;
    setForm((old) => ({ ...old, [name]: value }));
  };
  const shared = (name: keyof typeof form, label: string, hint: string) => ({ label, description: hint, required: true, withAsterisk: false, value: form[name], error: fieldError(create.error, name), onChange: set(name) });
  return (
    <Panel title={`New project from ${template.title}`} padded>
      <form className="form" onSubmit={submit} aria-label="New project">
        <div className="pair">
          <TextInput {...shared('name', 'Name', 'Small letters, digits and hyphens; the repository is named after it')} />
          <TextInput {...shared('title', 'What for', 'One line, as in “Probability of default for card customers”')} />
        </div>
        <div className="pair">
          <TextInput {...shared('team', 'Team', 'Who owns it')} />
          <TextInput {...shared('owner', 'Model owner', 'The person who answers for its models')} />
        </div>
        <div>
          <span className="mantine-InputWrapper-label">Tier</span>
          <div>
            <SegmentedControl aria-label="Tier" value={form.tier} onChange={(tier) => setForm((old) => ({ ...old, tier }))} data={[{ value: '1', label: '1, highest risk' }, { value: '2', label: '2' }, { value: '3', label: '3, lowest' }]} />
          </div>
        </div>
        <Textarea autosize minRows={2} {...shared('intended_use', 'Intended use', 'What its models are for')} />
        <Textarea autosize minRows={2} {...shared('prohibited_use', 'Prohibited use', 'What they must not be used for')} />
        {parameters.map(([name, about]) => (
          <ParameterField key={name} name={name} about={about} value={values[name]} error={fieldError(create.error, name) ?? undefined} onChange={(value) => setValues((old) => ({ ...old, [name]: value }))} />
        ))}
        {create.error && <ProblemNote problem={create.error} />}
        <div className="row wrap">
          <Btn type="submit" look="primary" busy={create.isPending} busyWord="Making it…">
            Make the project
          </Btn>
          <Btn look="sub" onClick={onClose}>
            Cancel
          </Btn>
          <span className="sm faint">Makes the repository and the environments dev, preprod and prod. You become its model developer, the owner its model owner.</span>
        </div>
      </form>
    </Panel>
  );
}
