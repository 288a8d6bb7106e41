import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { datasetsQuery } from '@/api/datasets';
import { liveModelQuery, liveModelsQuery } from '@/api/live';
import { Panel } from '@/components';
import { CardUse } from '@/features/live/CardUse';
import { type Kind, kindOf, kindWords } from './kinds';

const kinds: Kind[] = ['read', 'write', 'use'];

/** To what access is asked: a dataset, a schema or a live model, with what that must not be used for. */
export function AskWhat({ kind, object, onKind, onObject }: { kind: Kind; object: string; onKind: (kind: Kind) => void; onObject: (object: string) => void }) {
  const datasets = useQuery({ ...datasetsQuery({}, 200), enabled: kind === 'read' });
  const models = useQuery({ ...liveModelsQuery({ limit: 200 }), enabled: kind === 'use' });
  const card = useQuery({ ...liveModelQuery(kind === 'use' ? object : ''), retry: false });
  const hits = [...new Set([...(datasets.data?.items.map((hit) => hit.id) ?? []), ...(object && kind === 'read' ? [object] : [])])].sort();
  const live = (models.data?.items ?? []).map(({ endpoint, title }) => ({ value: endpoint, label: `${title}, ${endpoint}` }));
  const endpoints = object && kind === 'use' && !live.some(({ value }) => value === object) ? [...live, { value: object, label: object }] : live;
  return (
    <>
      <Panel title="To what" padded>
        <div className="form">
          <Select label="What do you want to do" allowDeselect={false} data={kinds.map((value) => ({ value, label: kindWords[value].label }))} value={kind} onChange={(value) => onKind(kindOf(value))} />
          {kind === 'read' && <Select label="Dataset" searchable data={hits} value={object || null} onChange={(value) => onObject(value ?? '')} placeholder="lake.schema.table" />}
          {kind === 'write' && <TextInput label="Schema" description="Lake and schema, as in retail.predictions; the schema may be new" placeholder="lake.schema" value={object} onChange={(event) => onObject(event.currentTarget.value.trim())} />}
          {kind === 'use' && <Select label="Live model" searchable data={endpoints} value={object || null} onChange={(value) => onObject(value ?? '')} placeholder="prod.credit-risk" nothingFoundMessage="No live model of this name is yours to see" />}
        </div>
      </Panel>
      {kind === 'use' && card.data && <CardUse model={card.data} title="What the model is for" />}
    </>
  );
}
