import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { mapGitAddress, verbs } from '@/api/release';
import { can, useMe } from '@/api/session';
import { ConfirmAct } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { useLookAgain } from './useStanding';

/** Returns the address of "Name <address>"; null where an author has none. */
export const addressOf = (author: string) => /<([^<>]+)>$/.exec(author)?.[1] ?? null;

/** Says who an author of commits is, for those who may; without it a candidate cannot be approved. */
export function SayWho({ project, author }: { project: string; author: string }) {
  const me = useMe();
  const [person, setPerson] = useState('');
  const lookAgain = useLookAgain(project);
  const address = addressOf(author);
  const say = useMutation({ mutationFn: () => mapGitAddress(address ?? '', person.trim()), onSuccess: lookAgain });
  if (!address || !can(me, verbs.mapAddress)) return null;
  return (
    <ConfirmAct
      size="sm"
      label="Say who"
      act={`Say who ${address} is`}
      question={`Who is ${address}?`}
      consequence="Whoever it is counts as author of every commit under this address, so they may not approve what it is in; nor may you, who said so."
      busy={say.isPending}
      busyWord="Saying…"
      canConfirm={person.trim() !== ''}
      signedAs={roleLine(me)}
      problem={say.error}
      onConfirm={() => say.mutate()}
    >
      <TextInput label="Person" description="Their name here, as in “ana”" value={person} onChange={(event) => setPerson(event.currentTarget.value)} />
    </ConfirmAct>
  );
}
