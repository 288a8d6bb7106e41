import { Menu } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { classify, type ColumnView, type Level } from '@/api/datasets';
import { Icon } from '@/components';
import { factLook } from '@/components/facts';
import { levelWord } from '@/components/Level';

const levels: Level[] = ['public', 'internal', 'confidential', 'restricted'];

/** Lets a steward confirm or correct how sensitive a column is. Reversible, so without a dialog; it says what it did. */
export function Classify({ column, onSaid }: { column: ColumnView; onSaid: (text: string) => void }) {
  const { id } = useParams({ from: '/frame/datasets/$id' });
  const queryClient = useQueryClient();
  const say = useMutation({
    mutationFn: (level: Level) => classify(id, column.name, { level }),
    onSuccess: async (_, level) => {
      await queryClient.invalidateQueries({ queryKey: ['dataset', id] });
      const raised = levels.indexOf(level) > levels.indexOf(column.level);
      const word = factLook('level', level).word;
      onSaid(`${column.name} is ${word} now.${raised ? ' Grants that read it too clearly are suspended.' : ''}`);
    },
    onError: (problem) => onSaid(`${column.name} stays as it was: ${problem.detail.replaceAll('`', '')}.`),
  });
  const word = levelWord(column.level, column.level_source);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="tag sens" aria-label={`${word}, set the level of ${column.name}`} disabled={say.isPending}>
          {word}
          <Icon name="chevron-down" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {column.proposed_by ? `Proposed by the rule ${column.proposed_by.rule}` : 'How sensitive is it?'}
        </Menu.Label>
        {levels.map((level) => (
          <Menu.Item key={level} leftSection={<Icon name={factLook('level', level).icon} />} onClick={() => say.mutate(level)}>
            {level === column.level && column.level_source === 'proposed' ? `Confirm ${factLook('level', level).word}` : factLook('level', level).word}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
