import { TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { type FormEvent, useState } from 'react';
import { addPerson, peoplePageQuery, type PersonView } from '@/api/admin';
import { Btn, Empty, Loading, Pager, Panel, ProblemNote, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { fieldError } from '@/lib/fields';
import { sentence, words } from '@/lib/format';
import { pageAt } from '@/lib/paging';
import { PersonActs } from './PersonActs';

const columns: ColumnDef<PersonView, unknown>[] = [
  { id: 'id', header: 'Person', cell: ({ row }) => <Who who={row.original.id} /> },
  { id: 'name', header: 'Name', cell: ({ row }) => row.original.name },
  { id: 'state', header: 'State', cell: ({ row: { original } }) => (original.state === 'active' ? (original.has_password ? 'Active' : 'No password yet') : sentence(words(original.state))) },
  { id: 'groups', header: 'Groups', cell: ({ row }) => <span className="dim">{row.original.groups.join(', ') || '–'}</span> },
  { id: 'since', header: 'Since', cell: ({ row }) => <When at={row.original.created_at} /> },
  { id: 'acts', header: '', meta: { form: 'act' }, cell: ({ row }) => <PersonActs person={row.original} /> },
];

function AddPerson() {
  const queryClient = useQueryClient();
  const [form, setForm] = useState({ id: '', name: '' });
  const add = useMutation({
    mutationFn: () => addPerson({ id: form.id.trim(), name: form.name.trim() || form.id.trim() }),
    onSuccess: async () => {
      setForm({ id: '', name: '' });
      await queryClient.invalidateQueries({ queryKey: ['people'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Panel title="Add a person" padded>
      <form className="row wrap" style={{ alignItems: 'end' }} onSubmit={submit} aria-label="Add a person">
        <TextInput label="Sign-in name" required withAsterisk={false} value={form.id} onChange={(event) => setForm({ ...form, id: event.currentTarget.value })} error={fieldError(add.error, 'id')} />
        <TextInput label="Full name (optional)" value={form.name} onChange={(event) => setForm({ ...form, name: event.currentTarget.value })} />
        <Btn type="submit" look="tint" busy={add.isPending} busyWord="Adding…">
          Add
        </Btn>
        <span className="sm faint">They get in with a one-time link that you make in their row.</span>
      </form>
      {add.error && <div style={{ marginTop: 10 }}><ProblemNote problem={add.error} /></div>}
    </Panel>
  );
}

/** The people, and their one-time links. */
export function People() {
  const { cursor, from = 0 } = useSearch({ from: '/frame/admin/' });
  const navigate = useNavigate();
  const people = useQuery(peoplePageQuery(cursor ? { cursor } : {}));
  return (
    <>
      <AddPerson />
      <Panel label="People">
        {people.error && <ProblemNote problem={people.error} onRetry={() => void people.refetch()} />}
        {people.isPending ? <Loading rows={5} /> : <DataTable label="People" columns={columns} rows={people.data?.items ?? []} rowKey={(one) => one.id} isOld={people.isPlaceholderData} empty={<Empty small title="You see no people." />} />}
        <Pager from={from} shown={people.data?.items.length ?? 0} total={people.data?.total} next={people.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/admin', search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}
