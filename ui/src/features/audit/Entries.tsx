import { Modal } from '@mantine/core';
import type { ColumnDef } from '@tanstack/react-table';
import { type ReactNode, useMemo, useState } from 'react';
import type { AuditEntry } from '@/api/admin';
import { Digest, Facts, Icon, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { count, sentence, spoken } from '@/lib/format';
import { PurposeName } from '../purposes/names';
import { actionWords, codeWords } from './words';

const looks: Record<string, [tone: string, icon: string]> = { allowed: ['good', 'circle-check'], refused: ['bad', 'ban'], failed: ['warn', 'alert-triangle'] };

function Outcome({ outcome }: { outcome: string }) {
  const [tone, icon] = looks[outcome] ?? ['idle', 'info-circle'];
  return (
    <span className={`st plain ${tone}`}>
      <Icon name={icon} />
      {sentence(outcome)}
    </span>
  );
}

function Why({ entry }: { entry: AuditEntry }) {
  const code = entry.reason ? codeWords(entry.reason) : null;
  if (code) return <span title={entry.reason ?? undefined}>{code}</span>;
  if (entry.reason) return entry.reason;
  return entry.purpose ? <PurposeName id={entry.purpose} /> : null;
}

function columnsOf(open: (entry: AuditEntry) => void): ColumnDef<AuditEntry, unknown>[] {
  return [
    { id: 'at', header: 'When', cell: ({ row }) => <When at={row.original.at} form="exact" /> },
    { id: 'who', header: 'Who', cell: ({ row }) => <Who who={row.original.actor} /> },
    { id: 'what', header: 'What', meta: { form: 'wide' }, cell: ({ row: { original } }) => <><span className="m">{actionWords(original.action)}</span> <span className="mono sm faint">{original.action}</span></> },
    { id: 'on', header: 'On what', meta: { form: 'wide' }, cell: ({ row }) => <span className="mono" title={row.original.resource}>{spoken(row.original.resource)}</span> },
    { id: 'outcome', header: 'Outcome', cell: ({ row }) => <Outcome outcome={row.original.outcome} /> },
    { id: 'why', header: 'Purpose or reason', meta: { form: 'wide' }, cell: ({ row }) => <span className="dim"><Why entry={row.original} /></span> },
    {
      id: 'open',
      header: '',
      meta: { form: 'act' },
      cell: ({ row }) => (
        <button type="button" className="link" aria-label={`Open the entry ${row.original.action} by ${row.original.actor}`} onClick={() => open(row.original)}>
          Open
        </button>
      ),
    },
  ];
}

const text = (value: unknown) => JSON.stringify(value, null, 2);

/** Entries of the log as rows; each opens with what it was before and after, and its place in the chain. */
export function Entries({ entries, isOld, empty }: { entries: AuditEntry[]; isOld: boolean; empty: ReactNode }) {
  const [open, setOpen] = useState<AuditEntry | null>(null);
  const columns = useMemo(() => columnsOf(setOpen), []);
  return (
    <>
      <DataTable label="Audit entries" dense cards columns={columns} rows={entries} rowKey={(entry) => String(entry.id)} isOld={isOld} empty={empty} />
      <Modal opened={open != null} onClose={() => setOpen(null)} title={open ? `${actionWords(open.action)}: ${open.resource}` : ''} closeButtonProps={{ 'aria-label': 'Close' }}>
        {open && (
          <div className="stack" style={{ gap: 12 }}>
            <Facts
              items={[
                ['Action', <span key="c" className="mono">{open.action}</span>],
                ['Who', <Who key="w" who={open.actor} />],
                ['For', open.on_behalf_of ? <Who key="b" who={open.on_behalf_of} /> : null],
                ['When, UTC', new Date(open.at).toISOString().replace('T', ' ')],
                ['Outcome', <Outcome key="o" outcome={open.outcome} />],
                ['Grant', open.grant ?? null],
                ['Purpose', open.purpose ?? null],
                ['Reason', open.reason ?? null],
                ['From', open.origin ?? null],
                ['Request id', open.request_id ? <span key="r" className="mono">{open.request_id}</span> : null],
                ['In the chain', open.seq != null ? `entry ${count(open.seq)}` : 'not sealed yet'],
                ['Digest', open.hash ? <Digest key="d" value={open.hash} /> : null],
              ]}
            />
            {open.before != null && (
              <div>
                <div className="lab">Before</div>
                <pre className="code" tabIndex={0}>{text(open.before)}</pre>
              </div>
            )}
            {open.after != null && (
              <div>
                <div className="lab">After</div>
                <pre className="code" tabIndex={0}>{text(open.after)}</pre>
              </div>
            )}
          </div>
        )}
      </Modal>
    </>
  );
}
