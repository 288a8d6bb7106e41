import { Modal, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { type FormEvent, useState } from 'react';
import { newToken, revokeToken, tokensQuery, type TokenView } from '@/api/admin';
import { Btn, ConfirmAct, Empty, Loading, PageHead, Panel, ProblemNote, Snippet, StateBadge, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { plural, sentence, spoken } from '@/lib/format';

function Revoke({ token }: { token: TokenView }) {
  const queryClient = useQueryClient();
  const revoke = useMutation({ mutationFn: () => revokeToken(token.id), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['tokens'] }) });
  if (token.state !== 'active') return null;
  return (
    <ConfirmAct
      size="sm"
      look="danger"
      label="Revoke"
      act={`Revoke ${token.name}`}
      question={`Revoke the token ${token.name}?`}
      consequence="Everything that uses it is refused within a second. It is final; make a new token to go on."
      busy={revoke.isPending}
      busyWord="Revoking…"
      destructive
      problem={revoke.error}
      onConfirm={() => revoke.mutate()}
    />
  );
}

const columns: ColumnDef<TokenView, unknown>[] = [
  { id: 'name', header: 'Token', cell: ({ row }) => <span className="m" title={row.original.name}>{sentence(spoken(row.original.name))}</span> },
  { id: 'who', header: 'Acts as', cell: ({ row: { original } }) => <Who who={original.person ?? `environment:${original.environment ?? ''}`} /> },
  { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="token" state={row.original.state} form="plain" /> },
  { id: 'made', header: 'Made', cell: ({ row }) => <When at={row.original.created_at} /> },
  { id: 'ends', header: 'Ends', cell: ({ row }) => <When at={row.original.expires_at} /> },
  { id: 'acts', header: '', meta: { form: 'act' }, cell: ({ row }) => <Revoke token={row.original} /> },
];
const lives = [
  { value: '1', label: '1 day' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
];

function MakeToken() {
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [days, setDays] = useState('7');
  const make = useMutation({
    mutationFn: () => newToken({ name: name.trim(), ttl_seconds: Number(days) * 86_400, verbs: null }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['tokens'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Panel title="Make a token" padded>
      <form className="row wrap" style={{ alignItems: 'end' }} onSubmit={submit} aria-label="Make a token">
        <TextInput label="Name" placeholder="What it is for" required withAsterisk={false} value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <Select label="Ends in" allowDeselect={false} data={lives} value={days} onChange={(value) => value && setDays(value)} />
        <Btn type="submit" look="tint" busy={make.isPending} busyWord="Making…">
          Make
        </Btn>
      </form>
      {make.error && <div style={{ marginTop: 10 }}><ProblemNote problem={make.error} /></div>}
      <Modal opened={make.isSuccess} onClose={() => make.reset()} title={`Token ${make.data?.name ?? ''}`} closeButtonProps={{ 'aria-label': 'Close' }}>
        {make.data && (
          <div className="stack" style={{ gap: 12 }}>
            <p className="dim">It is shown only now. Keep it like a password; it acts as you.</p>
            <Snippet code={`export LOCKGATE_URL=${location.origin}\nexport LOCKGATE_TOKEN=${make.data.token}`} />
          </div>
        )}
      </Modal>
    </Panel>
  );
}

/** Tokens for the command line, Python and CI. */
export function Tokens() {
  const tokens = useQuery(tokensQuery);
  const all = tokens.data?.items ?? [];
  const [active, ended] = [all.filter((one) => one.state === 'active'), all.filter((one) => one.state !== 'active')];
  return (
    <>
      <PageHead icon="key" kind="You" name="Tokens" title="Tokens" meta="For the command line, Python and CI. A token acts as you and stops at its end." />
      <div className="stack">
        <MakeToken />
        <Panel label="Tokens">
          {tokens.error && <ProblemNote problem={tokens.error} onRetry={() => void tokens.refetch()} />}
          {tokens.isPending ? <Loading rows={4} /> : <DataTable label="Tokens" columns={columns} rows={active} rowKey={(one) => one.id} empty={<Empty small title="You have no token that works." />} />}
        </Panel>
        {ended.length > 0 && (
          <details className="panel">
            <summary>
              Ended <span>{plural(ended.length, 'token')} that no longer work</span>
            </summary>
            <DataTable label="Ended tokens" columns={columns} rows={ended} rowKey={(one) => one.id} />
          </details>
        )}
      </div>
    </>
  );
}
