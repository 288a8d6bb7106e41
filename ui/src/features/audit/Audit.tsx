import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { auditQuery, type Outcome } from '@/api/admin';
import { chainQuery } from '@/api/frame';
import { can, useMe } from '@/api/session';
import { Btn, Empty, Icon, Loading, NextStrip, PageHead, Pager, Panel, ProblemNote } from '@/components';
import { count, instant } from '@/lib/format';
import { Entries } from './Entries';

const outcomes: Outcome[] = ['allowed', 'refused', 'failed'];

function Chain() {
  const me = useMe();
  const { data: chain } = useQuery({ ...chainQuery, enabled: can(me, 'ExportAudit') });
  if (!chain) return null;
  const text = chain.intact ? `The chain of ${count(chain.sealed)} entries is intact.` : 'The chain is broken: an entry was changed or is missing.';
  const open = chain.unsealed ? `${count(chain.unsealed)} not sealed yet; that takes a second. ` : '';
  const checkpoint = chain.checkpoint ? `Last checkpoint ${instant(chain.checkpoint.at)}, at entry ${count(chain.checkpoint.seq)}.` : 'No checkpoint is signed yet.';
  return <NextStrip next={{ tone: chain.intact ? 'good' : 'bad', text, reason: open + checkpoint }} icon={chain.intact ? 'shield-check' : 'shield-x'} />;
}

/** Who did what to what, when, and was it allowed: the audit log with its chain. */
export function Audit() {
  const search = useSearch({ from: '/frame/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const me = useMe();
  const { from = 0, ...asked } = search;
  const entries = useQuery(auditQuery(asked));
  const [form, setForm] = useState({ actor: asked.actor ?? '', action: asked.action ?? '', resource: asked.resource ?? '' });
  const filter = (event: FormEvent) => {
    event.preventDefault();
    const kept = Object.fromEntries(Object.entries(form).filter(([, value]) => value.trim()));
    void navigate({ search: { ...kept, ...(asked.outcome ? { outcome: asked.outcome } : {}) } });
  };
  const isFiltered = Object.keys(asked).some((key) => key !== 'cursor');
  const clear = () => {
    setForm({ actor: '', action: '', resource: '' });
    void navigate({ search: {} });
  };
  return (
    <>
      <PageHead
        icon="file-certificate"
        kind="Govern"
        name="Audit log"
        title="Audit log"
        meta="Every change, every read and every refusal, chained so that none can be taken out unnoticed."
        actions={
          can(me, 'ExportAudit') && <a className="btn" href="/api/v1/audit/export" download="lockgate-audit.jsonl">
            <Icon name="download" />
            Export with hashes
          </a>
        }
      />
      <Chain />
      <form className="row wrap" style={{ alignItems: 'end', marginBottom: 14 }} onSubmit={filter} aria-label="Filter the log">
        <TextInput data-find label="Who" placeholder="ana" value={form.actor} onChange={(event) => setForm({ ...form, actor: event.currentTarget.value })} />
        <TextInput label="What" placeholder="DecideRequest" value={form.action} onChange={(event) => setForm({ ...form, action: event.currentTarget.value })} />
        <TextInput label="On what" placeholder="request/r-214" value={form.resource} onChange={(event) => setForm({ ...form, resource: event.currentTarget.value })} />
        <Select
          label="Outcome"
          placeholder="any"
          clearable
          clearButtonProps={{ 'aria-label': 'Any outcome' }}
          data={outcomes}
          value={asked.outcome ?? null}
          onChange={(word) => {
            const outcome = outcomes.find((one) => one === word);
            void navigate({ search: ({ cursor: _, from: __, outcome: ___, ...rest }) => (outcome ? { ...rest, outcome } : rest) });
          }}
        />
        <Btn type="submit">Filter</Btn>
        {isFiltered && (
          <Btn look="sub" onClick={clear}>
            Clear filters
          </Btn>
        )}
      </form>
      <Panel label="Entries">
        {entries.error && <ProblemNote problem={entries.error} onRetry={() => void entries.refetch()} />}
        {entries.isPending ? (
          <Loading rows={10} />
        ) : (
          <Entries entries={entries.data?.items ?? []} isOld={entries.isPlaceholderData} empty={<Empty small title={isFiltered ? 'No entry matches these filters.' : 'Nothing has happened yet that you may see.'} />} />
        )}
        <Pager
          from={from}
          shown={entries.data?.items.length ?? 0}
          total={entries.data?.total}
          next={entries.data?.next_cursor}
          onPage={(cursor, start) => void navigate({ search: ({ cursor: _, from: __, ...rest }) => (cursor ? { ...rest, cursor, from: start } : rest) })}
        />
      </Panel>
    </>
  );
}
