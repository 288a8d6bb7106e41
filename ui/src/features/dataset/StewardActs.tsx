import { Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type DatasetView, describeDataset, setVisibility } from '@/api/datasets';
import { can, useMe } from '@/api/session';
import { ActDialog, Btn, ConfirmAct, Panel } from '@/components';

/** What a steward may change about a dataset: its description, and whether it is listed. */
export function StewardActs({ dataset }: { dataset: DatasetView }) {
  const me = useMe();
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
  if (!can(me, 'DescribeDataset', 'SetVisibility')) return null;
  return (
    <Panel title="As data steward" padded>
      <div className="row wrap">
        <Btn icon="pencil" onClick={() => setOpened(true)}>
          Describe
        </Btn>
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
