import { Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { RowOp, Rule } from '@/api/requests';
import { Bar, Icon } from '@/components';
import { count } from '@/lib/format';
import { opWords, ruleText } from './terms';

type RowRulesProps = { columns: string[]; rules: Rule[]; onChange: (rules: Rule[]) => void; rows?: { kept: number; all: number } | null | undefined; note?: string | null | undefined };

const ops = Object.entries(opWords).map(([value, label]) => ({ value, label }));

/** Which rows pass: rules by menu, all of which must hold, with what they keep; as SQL only for who wants to see it. */
export function RowRules({ columns, rules, onChange, rows, note }: RowRulesProps) {
  const [sql, setSql] = useState(false);
  const change = (at: number, part: Partial<Rule>) => onChange(rules.map((rule, one) => (one === at ? { ...rule, ...part } : rule)));
  const add = () => onChange([...rules, { column: columns[0] ?? '', op: 'at_most', value: '' }]);
  return (
    <>
      <div className="lab">
        Only rows where
        <span className="sp" />
        {rules.length > 0 && (
          <button type="button" className="link sm" aria-pressed={sql} onClick={() => setSql(!sql)}>
            {sql ? 'as rules' : 'as SQL'}
          </button>
        )}
      </div>
      {rules.length === 0 && <p className="dim">Every row that was asked for.</p>}
      {sql && rules.length > 0 && <pre className="code">{rules.map((rule) => ruleText(rule, 'sql')).join('\nAND ')}</pre>}
      {!sql &&
        rules.map((rule, at) => (
          <div className="filter" key={at}>
            <div><Select aria-label={`Column of rule ${at + 1}`} searchable allowDeselect={false} data={columns} value={rule.column} onChange={(column) => change(at, { column: column ?? '' })} /></div>
            <div><Select aria-label={`Comparison of rule ${at + 1}`} allowDeselect={false} data={ops} value={rule.op} onChange={(op) => change(at, { op: (op ?? 'is') as RowOp })} /></div>
            {rule.op !== 'is_empty' && (
              <TextInput
                aria-label={`Value of rule ${at + 1}`}
                placeholder={rule.op === 'in' ? 'a; b; c' : 'value'}
                value={String(rule.value ?? '')}
                onChange={(event) => change(at, { value: event.currentTarget.value })}
              />
            )}
            <button type="button" className="ib" aria-label={`Remove rule ${at + 1}`} onClick={() => onChange(rules.filter((_, one) => one !== at))}>
              <Icon name="x" />
            </button>
          </div>
        ))}
      {rows && (
        <div className="row" style={{ marginTop: 9 }}>
          <Bar share={rows.all ? rows.kept / rows.all : 0} tone="good" label="Rows that pass" />
          <span className="sm tn">
            keeps <b>{count(rows.kept)}</b> of {count(rows.all)} rows
          </span>
        </div>
      )}
      {!rows && note && <p className="hint">{note}</p>}
      <div className="hint">
        <button type="button" className="link" onClick={add}>
          Add a rule
        </button>
      </div>
    </>
  );
}
