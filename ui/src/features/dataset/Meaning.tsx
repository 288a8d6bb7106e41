import { Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { type ColumnView, describeDataset } from '@/api/datasets';
import { ActDialog, Icon } from '@/components';

/** What a column means, for whoever may say it: a click opens the words. */
export function Meaning({ column }: { column: ColumnView }) {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const queryClient = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState(column.description);
  const describe = useMutation({
    mutationFn: () => describeDataset(id, { columns: { [column.name]: text.trim() } }),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['dataset', id] });
      setOpened(false);
    },
  });
  const open = () => {
    describe.reset();
    setText(column.description);
    setOpened(true);
  };
  return (
    <>
      <button type="button" className={column.description ? 'link dim' : 'link sm'} aria-label={column.description ? `${column.description}, describe ${column.name}` : `Describe ${column.name}`} onClick={open}>
        {column.description || 'Describe'} <Icon name="pencil" size="s" />
      </button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        question={`Describe ${column.name}`}
        consequence="Anyone who finds the dataset reads these words. Say what a value means, and in which unit; no values of a sensitive column."
        act={`Save the description of ${column.name}`}
        busyWord="Saving…"
        busy={describe.isPending}
        problem={describe.error}
        onConfirm={() => describe.mutate()}
      >
        <Textarea label="Description" autosize minRows={2} maxRows={8} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </ActDialog>
    </>
  );
}
