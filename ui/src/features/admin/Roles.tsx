import { Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { type FormEvent, useState } from 'react';
import { assignmentsQuery, type AssignmentView, assignRole, endAssignment, peopleQuery, type Role } from '@/api/admin';
import { Btn, ConfirmAct, Empty, Loading, Pager, Panel, ProblemNote, readPrincipal, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { sentence, words } from '@/lib/format';
import { pageAt } from '@/lib/paging';

const roles: Role[] = ['model_developer', 'model_owner', 'model_validator', 'data_steward', 'data_protection', 'change_manager', 'auditor', 'platform_administrator'];

function EndRole({ assignment }: { assignment: AssignmentView }) {
  const queryClient = useQueryClient();
  const end = useMutation({ mutationFn: () => endAssignment(assignment.id), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['role-assignments'] }) });
  if (assignment.ended_at) return null;
  const who = readPrincipal(assignment.principal).name;
  return (
    <ConfirmAct
      size="sm"
      look="danger"
      label="End"
      act={`End ${words(assignment.role)} of ${who}`}
      question={`End ${words(assignment.role)} of ${who}?`}
      consequence={`${who} no longer holds it for ${assignment.scope} within a second. What they decided before stands.`}
      busy={end.isPending}
      busyWord="Ending…"
      destructive
      problem={end.error}
      onConfirm={() => end.mutate()}
    />
  );
}

const columns: ColumnDef<AssignmentView, unknown>[] = [
  { id: 'who', header: 'Who', cell: ({ row }) => <Who who={row.original.principal} /> },
  { id: 'role', header: 'Role', cell: ({ row }) => sentence(words(row.original.role)) },
  { id: 'scope', header: 'For', cell: ({ row }) => <span className="mono">{row.original.scope}</span> },
  { id: 'by', header: 'Given by', cell: ({ row }) => <Who who={row.original.given_by} /> },
  { id: 'at', header: 'Since', cell: ({ row }) => <When at={row.original.given_at} /> },
  { id: 'end', header: 'Ended', cell: ({ row }) => <When at={row.original.ended_at} /> },
  { id: 'acts', header: '', meta: { form: 'act' }, cell: ({ row }) => <EndRole assignment={row.original} /> },
];

function GiveRole() {
  const queryClient = useQueryClient();
  const people = useQuery(peopleQuery);
  const [form, setForm] = useState<{ person: string | null; role: Role; scope: string }>({ person: null, role: 'data_steward', scope: '' });
  const give = useMutation({
    mutationFn: () => assignRole({ principal: `person:${form.person}`, role: form.role, scope: form.scope.trim() }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['role-assignments'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    give.mutate();
  };
  return (
    <Panel title="Give a role" padded>
      <form className="row wrap" style={{ alignItems: 'end' }} onSubmit={submit} aria-label="Give a role">
        <Select label="Person" searchable data={(people.data?.items ?? []).map((one) => one.id)} value={form.person} onChange={(person) => setForm({ ...form, person })} />
        <Select label="Role" allowDeselect={false} data={roles.map((value) => ({ value, label: sentence(words(value)) }))} value={form.role} onChange={(word) => setForm({ ...form, role: roles.find((role) => role === word) ?? form.role })} />
        <TextInput label="For" placeholder="lake/retail" required withAsterisk={false} value={form.scope} onChange={(event) => setForm({ ...form, scope: event.currentTarget.value })} />
        <Btn type="submit" look="tint" disabled={!form.person} busy={give.isPending} busyWord="Giving…">
          Give
        </Btn>
        <span className="sm faint">A role for lake/retail covers all below it.</span>
      </form>
      {give.error && <div style={{ marginTop: 10 }}><ProblemNote problem={give.error} /></div>}
    </Panel>
  );
}

/** Who holds which role, for what, given by whom. */
export function Roles() {
  const { cursor, from = 0 } = useSearch({ from: '/frame/admin/roles' });
  const navigate = useNavigate();
  const assignments = useQuery(assignmentsQuery(pageAt(cursor, 0)));
  return (
    <>
      <GiveRole />
      <Panel label="Roles">
        {assignments.error && <ProblemNote problem={assignments.error} onRetry={() => void assignments.refetch()} />}
        {assignments.isPending ? (
          <Loading rows={5} />
        ) : (
          <DataTable
            label="Roles"
            cards
            columns={columns}
            rows={assignments.data?.items ?? []}
            rowKey={(one) => one.id}
            isOld={assignments.isPlaceholderData}
            empty={<Empty small title="No role is held for anything yet." why="The built-in groups give theirs deployment-wide; here a role is held for one lake, team or project." />}
          />
        )}
        <Pager from={from} shown={assignments.data?.items.length ?? 0} total={assignments.data?.total} next={assignments.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/admin/roles', search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}
