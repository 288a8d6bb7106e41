import { useState } from 'react';
import { Snippet } from '@/components';
import { type Contract, curl, type Operation, resolve, type Schema, typeLine } from './contract';

type Field = { name: string; type: string; needed: boolean; about: string };

function fieldsOf(contract: Contract, schema: Schema | undefined): Field[] {
  const found = resolve(contract, schema);
  const parts = found?.allOf ?? (found ? [found] : []);
  return parts.flatMap((part) => {
    const whole = resolve(contract, part);
    return Object.entries(whole?.properties ?? {}).map(([name, property]) => ({
      name,
      type: typeLine(property),
      needed: whole?.required?.includes(name) ?? false,
      about: property.description ?? '',
    }));
  });
}

function FieldTable({ title, fields }: { title: string; fields: Field[] }) {
  if (fields.length === 0) return null;
  return (
    <div>
      <div className="lab">{title}</div>
      <div className="scroll" tabIndex={0} role="group" aria-label={`${title}, scrolls`}>
        <table className="dt" aria-label={title}>
          <tbody>
            {fields.map((field) => (
              <tr key={field.name}>
                <th scope="row" className="mono">
                  {field.name}
                </th>
                <td className="dim">{field.type}</td>
                <td className="dim">
                  {field.about}
                  {!field.needed && ' (optional)'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Details({ contract, operation }: { contract: Contract; operation: Operation }) {
  const body = operation.requestBody?.content?.['application/json']?.schema;
  const answer = Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith('2'));
  const answerSchema = Object.values(answer?.[1].content ?? {})[0]?.schema;
  const parameters = (operation.parameters ?? []).map((one) => ({ name: one.name, type: `${typeLine(one.schema)}, in the ${one.in}`, needed: one.required ?? false, about: one.description ?? '' }));
  return (
    <div className="body">
      {operation.description && <p className="dim">{operation.description}</p>}
      <FieldTable title="Parameters" fields={parameters} />
      <FieldTable title="Body" fields={fieldsOf(contract, body)} />
      <FieldTable title={`Answer ${answer?.[0] ?? ''}, ${typeLine(answerSchema)}`} fields={fieldsOf(contract, answerSchema)} />
      <Snippet code={curl(contract, operation, location.origin)} note={operation.id} />
    </div>
  );
}

/** One operation; its details are drawn when it is opened. */
export function OperationRow({ contract, operation }: { contract: Contract; operation: Operation }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="op" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="verb">{operation.method.toUpperCase()}</span>
        <span className="mono m">{operation.path}</span>
        <span className="sp" />
        <span className="dim cut">{operation.summary}</span>
      </summary>
      {isOpen && <Details contract={contract} operation={operation} />}
    </details>
  );
}
