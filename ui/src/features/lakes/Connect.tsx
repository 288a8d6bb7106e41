import { Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { connectLake, crawlLake, rootsQuery } from '@/api/lakes';
import { Btn, Panel, ProblemNote } from '@/components';
import { fieldError } from '@/lib/fields';

/** Connects a lake: a name for a folder below a configured root. Its first crawl starts at once. */
export function Connect({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [form, setForm] = useState({ name: '', root: '', folder: '', team: '', description: '' });
  const roots = useQuery(rootsQuery);
  const connect = useMutation({
    mutationFn: async () => {
      const lake = await connectLake(form);
      // The lake is there even if its first crawl cannot start; its page then says why.
      await crawlLake(lake.id).catch(() => undefined);
      return lake;
    },
    onSuccess: async (lake) => {
      await queryClient.invalidateQueries({ queryKey: ['lakes'] });
      await navigate({ to: '/lakes/$id', params: { id: lake.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    connect.mutate();
  };
  const field = (name: keyof typeof form, label: string, hint: string, required = true) => (
    <TextInput
      label={label}
      description={hint}
      required={required}
      withAsterisk={false}
      value={form[name]}
      error={fieldError(connect.error, name)}
      onChange={(event) => {
        const { value } = event.currentTarget;
        setForm((old) => ({ ...old, [name]: value }));
      }}
    />
  );
  return (
    <Panel title="Connect a lake" padded>
      <form className="form" onSubmit={submit} aria-label="Connect a lake">
        <div className="pair">
          {field('name', 'Name', 'Small letters, digits and hyphens; datasets are named after it')}
          {field('team', 'Team', 'Who owns the data')}
        </div>
        <div className="pair">
          <Select
            label="Root"
            description="Named under [lakes.roots] in the configuration"
            allowDeselect={false}
            data={roots.data?.roots ?? []}
            value={form.root || null}
            error={fieldError(connect.error, 'root')}
            onChange={(root) => root && setForm((old) => ({ ...old, root }))}
          />
          {field('folder', 'Folder (optional)', 'Below the root; the root itself if left empty', false)}
        </div>
        <Textarea label="Description (optional)" autosize minRows={2} value={form.description} onChange={(event) => { const { value } = event.currentTarget; setForm((old) => ({ ...old, description: value })); }} />
        {connect.error && <ProblemNote problem={connect.error} />}
        <div className="row">
          <Btn type="submit" look="primary" disabled={!form.root} busy={connect.isPending} busyWord="Connecting…">
            Connect and crawl
          </Btn>
          <Btn look="sub" onClick={onClose}>
            Cancel
          </Btn>
          {roots.data?.roots.length === 0 && <span className="sm faint">The configuration names no root yet.</span>}
        </div>
      </form>
    </Panel>
  );
}
