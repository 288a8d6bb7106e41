import { Autocomplete, TagsInput, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { NewBatch } from '@/api/batches';
import type { Problem } from '@/api/types';
import { Btn, Panel, ProblemNote } from '@/components';
import { bodyOf, type BatchDraft, lacksOf } from './words';

type BatchFormProps = { endpoints: string[]; datasets: string[]; busy: boolean; problem: Problem | null; onCreate: (body: NewBatch) => void; onClose: () => void };

/** Sets up a batch job: which endpoint scores what, into what, and when. */
export function BatchForm({ endpoints, datasets, busy, problem, onCreate, onClose }: BatchFormProps) {
  const [draft, setDraft] = useState<BatchDraft>({ endpoint: endpoints[0] ?? '', name: '', datasets: [], key: '', output: '', dailyAt: '' });
  const change = (part: Partial<BatchDraft>) => setDraft((old) => ({ ...old, ...part }));
  const lacks = lacksOf(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onCreate(bodyOf(draft));
  };
  return (
    <Panel title="Set up a batch job" note="all rows are published at its end, or none" padded>
      <form className="form" onSubmit={submit} aria-label="Set up a batch job">
        <Autocomplete label="Endpoint" description="The live model that scores" placeholder="prod.credit-risk" data={endpoints} value={draft.endpoint} onChange={(endpoint) => change({ endpoint: endpoint.trim() })} />
        <TextInput label="Name" description="Unique for the endpoint: a-z, digits and -" placeholder="nightly" value={draft.name} onChange={(event) => change({ name: event.currentTarget.value.trim() })} />
        <TagsInput
          label="Datasets to score"
          description="Lake, schema and table; with several, the rows that are in all of them. Enter takes one"
          placeholder={draft.datasets.length ? '' : 'lake.schema.table'}
          data={datasets}
          value={draft.datasets}
          onChange={(values) => change({ datasets: values })}
          acceptValueOnBlur
          clearable
          clearButtonProps={{ 'aria-label': 'Clear the datasets' }}
        />
        <TextInput label="Record key" description="The column that a record is known by in each dataset" placeholder="record_id" value={draft.key} onChange={(event) => change({ key: event.currentTarget.value.trim() })} />
        <TextInput label="Into" description="The dataset that predictions are published as; it may be new" placeholder="lake.predictions.scores" value={draft.output} onChange={(event) => change({ output: event.currentTarget.value.trim() })} />
        <TextInput type="time" label="Every day at, in UTC (optional)" description="Without a time it starts only when somebody starts it" value={draft.dailyAt} onChange={(event) => change({ dailyAt: event.currentTarget.value })} />
        {problem && <ProblemNote problem={problem} />}
        <div className="row wrap">
          <Btn type="submit" look="primary" disabled={lacks.length > 0} busy={busy} busyWord="Setting up…">
            Set up the batch job
          </Btn>
          <Btn onClick={onClose}>Cancel</Btn>
          {lacks.length > 0 && <span className="sm faint">Still missing: {lacks.join(', ')}.</span>}
        </div>
      </form>
    </Panel>
  );
}
