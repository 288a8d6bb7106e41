import { Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { addMember, groupsQuery, type GroupView, peopleQuery, removeMember } from '@/api/admin';
import { Btn, ConfirmAct, Line, Loading, Panel, ProblemNote, When, Who } from '@/components';
import { plural, sentence, words } from '@/lib/format';

function Members({ group }: { group: GroupView }) {
  const queryClient = useQueryClient();
  const people = useQuery(peopleQuery);
  const [person, setPerson] = useState<string | null>(null);
  const done = () => Promise.all(['groups', 'people', 'me'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
  const add = useMutation({
    mutationFn: (id: string) => addMember(group.id, id),
    onSuccess: async () => {
      setPerson(null);
      await done();
    },
  });
  const remove = useMutation({ mutationFn: (id: string) => removeMember(group.id, id), onSuccess: done });
  const outside = (people.data?.items ?? []).filter((one) => one.state === 'active' && !group.members.some((member) => member.person === one.id));
  return (
    <Panel title={group.id} note={group.role ? `gives the role ${words(group.role)}, deployment-wide` : 'gives no role'} right={<span className="sm faint">{plural(group.members.length, 'member')}</span>}>
      {group.members.map((member) => (
        <Line
          key={member.person}
          lead={<Who who={member.person} bare />}
          title={member.person}
          under={
            <>
              added by {member.added_by}, <When at={member.added_at} />
            </>
          }
          act={
            group.may_change && <ConfirmAct
              size="sm"
              look="danger"
              label="Remove"
              act={`Remove ${member.person}`}
              question={`Remove ${member.person} from ${group.id}?`}
              consequence={group.role ? `${sentence(member.person)} loses the role ${words(group.role)} within a second. You can add them again.` : 'Grants of the group no longer cover them. You can add them again.'}
              busy={remove.isPending}
              busyWord="Removing…"
              destructive
              problem={remove.error}
              onConfirm={() => remove.mutate(member.person)}
            />
          }
        />
      ))}
      {group.may_change && <div className="pf">
        <Select aria-label={`Person to add to ${group.id}`} placeholder="Add a person" searchable data={outside.map((one) => one.id)} value={person} onChange={setPerson} />
        <Btn size="sm" disabled={!person} busy={add.isPending} busyWord="Adding…" onClick={() => person && add.mutate(person)} aria-label={`Add to ${group.id}`}>
          Add
        </Btn>
      </div>}
      {add.error && <ProblemNote problem={add.error} />}
    </Panel>
  );
}

/** The groups and who is in them. */
export function Groups() {
  const groups = useQuery(groupsQuery);
  if (groups.error) return <ProblemNote problem={groups.error} onRetry={() => void groups.refetch()} />;
  if (groups.isPending) return <Loading rows={6} />;
  return groups.data.items.map((group) => <Members key={group.id} group={group} />);
}
