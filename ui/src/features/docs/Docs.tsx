import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { problemOf } from '@/api/client';
import { Icon, Loading, PageHead, Panel, ProblemNote } from '@/components';
import { plural, sentence } from '@/lib/format';
import { type Contract, operationsByTag } from './contract';
import { OperationRow } from './OperationRow';

async function load(): Promise<Contract> {
  const response = await fetch('/api/v1/openapi.json').catch((failure: unknown) => {
    throw problemOf(failure);
  });
  if (!response.ok) throw problemOf(await response.json().catch(() => new Error(`the server answered ${response.status}`)));
  return (await response.json()) as Contract;
}

/** The reference of the API: every operation with its parameters, bodies and a call to paste. */
export function Docs() {
  const contract = useQuery({ queryKey: ['contract'], queryFn: load, staleTime: Infinity });
  const [find, setFind] = useState('');
  const groups = contract.data ? operationsByTag(contract.data) : [];
  const matching = groups
    .map(([tag, operations]) => [tag, operations.filter((one) => `${one.id} ${one.path} ${one.summary ?? ''}`.toLowerCase().includes(find.toLowerCase()))] as const)
    .filter(([, operations]) => operations.length > 0);
  const all = groups.reduce((sum, [, operations]) => sum + operations.length, 0);
  return (
    <>
      <PageHead
        icon="api"
        kind="Reference"
        name="API"
        title="API reference"
        meta={contract.data && `${plural(all, 'operation')}, version ${contract.data.info.version}. This page and the command line use nothing else.`}
        actions={
          <a className="btn" href="/api/v1/openapi.json" download="lockgate-openapi.json">
            <Icon name="download" />
            OpenAPI document
          </a>
        }
      />
      {contract.error && <ProblemNote problem={contract.error} onRetry={() => void contract.refetch()} />}
      {contract.isPending && <Loading rows={10} />}
      {contract.data && (
        <div className="docs">
          <nav aria-label="Parts of the API">
            <TextInput data-find aria-label="Find an operation" placeholder="Find an operation" leftSection={<Icon name="search" />} value={find} onChange={(event) => setFind(event.currentTarget.value)} />
            {matching.map(([tag, operations]) => (
              <a key={tag} className="link nw" href={`#${tag}`}>
                {sentence(tag)} <span className="faint">{operations.length}</span>
              </a>
            ))}
          </nav>
          <div className="stack">
            {matching.map(([tag, operations]) => (
              <div key={tag} id={tag} style={{ scrollMarginTop: 60 }}>
                <Panel title={sentence(tag)} note={plural(operations.length, 'operation')}>
                  {operations.map((operation) => (
                    <OperationRow key={operation.id} contract={contract.data} operation={operation} />
                  ))}
                </Panel>
              </div>
            ))}
            {matching.length === 0 && <p className="dim">No operation matches.</p>}
          </div>
        </div>
      )}
    </>
  );
}
