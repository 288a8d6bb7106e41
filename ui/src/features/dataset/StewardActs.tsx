import { MultiSelect, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { columnsQuery, type DatasetView, describeDataset, setRecordKey, setVisibility } from '@/api/datasets';
import { ActDialog, Btn, ConfirmAct, Panel } from '@/components';

/** Names the columns that identify a record. */
function RecordKey({ dataset }: { dataset: DatasetView }) {
  const queryClient = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [columns, setColumns] = useState(dataset.record_key);
  const known = useQuery({ ...columnsQuery(dataset.id), enabled: opened });
  const save = useMutation({
    mutationFn: () => setRecordKey(dataset.id, { columns }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['dataset', dataset.id] });
      setOpened(false);
    },
  });
  return (
    <>
      <Btn icon="key" onClick={() => setOpened(true)}>
        Record key
      </Btn>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        question={`What names a record of ${dataset.id}?`}
        consequence="Of every project that trains on it, a fifth of the records is held out by this key: the project and its people read the rest, the platform judges models on the fifth. Changing it later draws another fifth."
        act="Save the record key"
        busyWord="Saving…"
        busy={save.isPending}
        problem={save.error}
        onConfirm={() => save.mutate()}
      >
        <MultiSelect searchable label="Columns" description="Most often one, such as record_id" data={known.data?.items.map(({ name }) => name) ?? []} value={columns} onChange={setColumns} />
      </ActDialog>
    </>
  );
}

/** What a steward may change about a dataset: its description, its record key, and whether it is listed. */
export function StewardActs({ dataset }: { dataset: DatasetView }) {
  const queryClient = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState(dataset.description);
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['dataset', dataset.id] });
  const describe = useMutation({
    mutationFn: () => describeDataset(dataset.id, { description: text.trim() }),
    onSuccess: async () => {
      await refresh();
      setOpened(false);
    },
  });
  const isListed = dataset.visibility === 'listed';
  const show = useMutation({ mutationFn: () => setVisibility(dataset.id, { visibility: isListed ? 'hidden' : 'listed' }), onSuccess: refresh });
  if (!dataset.may_describe) return null;
  return (
    <Panel title="As data steward" padded>
      <div className="row wrap">
        <Btn icon="pencil" onClick={() => setOpened(true)}>
          Describe
        </Btn>
        <RecordKey dataset={dataset} />
        <ConfirmAct
          act={isListed ? 'Hide this dataset' : 'List this dataset'}
          label={isListed ? 'Hide' : 'List'}
          question={isListed ? `Hide ${dataset.id}?` : `List ${dataset.id}?`}
          consequence={
            isListed
              ? 'Only people with a grant and those who govern it find it from now on. Grants stay as they are. You can list it again at any time.'
              : 'Anyone signed in sees its name, description, columns, owner and how to ask. Values still follow level and grant.'
          }
          busy={show.isPending}
          busyWord={isListed ? 'Hiding…' : 'Listing…'}
          destructive={isListed}
          problem={show.error}
          onConfirm={() => show.mutate()}
        />
      </div>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        question={`Describe ${dataset.id}`}
        consequence="People find it by these words. Say what one row is, and what it is good for."
        act="Save the description"
        busyWord="Saving…"
        busy={describe.isPending}
        problem={describe.error}
        onConfirm={() => describe.mutate()}
      >
        <Textarea label="Description" autosize minRows={3} maxRows={8} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </ActDialog>
    </Panel>
  );
}
