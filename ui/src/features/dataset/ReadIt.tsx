import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DatasetView } from '@/api/datasets';
import { grantsQuery } from '@/api/grants';
import { Panel, Snippet } from '@/components';
import { shortId } from '@/lib/format';

const ways = ['Python', 'SQL', 'Shell'] as const;

function code(way: (typeof ways)[number], id: string, purpose: string, use: string): string {
  const host = location.origin;
  if (way === 'SQL') return `SELECT *\nFROM ${id}\nLIMIT 100`;
  if (way === 'Shell') {
    const body = JSON.stringify({ sql: `SELECT * FROM ${id} LIMIT 100`, purpose, use });
    return `curl ${host}/api/v1/query \\\n  -H "Authorization: Bearer $LOCKGATE_TOKEN" \\\n  -H "Content-Type: application/json" \\\n  -H "Accept: text/csv" \\\n  -d '${body}'`;
  }
  return `# LOCKGATE_URL=${host}\nimport lockgate as lg\n\ndf = lg.read(\n  "${id}",\n  purpose="${purpose}",\n  use="${use}",\n).to_pandas()`;
}

/** How to read a dataset, ready to paste: with this host, and with the purpose of the viewer's grant where there is one. */
export function ReadIt({ dataset }: { dataset: DatasetView }) {
  const [way, setWay] = useState<(typeof ways)[number]>('Python');
  const grants = useQuery(grantsQuery({ object: dataset.id, mine: true, state: 'active' }));
  const grant = grants.data?.items[0];
  const note = grant ? `under grant ${shortId(grant.id)}` : 'works once you have a grant';
  return (
    <Panel title="Read it" padded right={<SegmentedControl aria-label="Way to read" data={[...ways]} value={way} onChange={(value) => setWay(value as typeof way)} />}>
      <Snippet code={code(way, dataset.id, grant?.purpose ?? 'PURPOSE', grant?.uses[0] ?? 'explore')} note={note} />
    </Panel>
  );
}
