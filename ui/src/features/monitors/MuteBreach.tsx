import { Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { Problem } from '@/api/types';
import { ActDialog, Btn } from '@/components';
import { day } from '@/lib/format';
import { dayAhead } from './words';

type MuteProps = { what: string; busy: boolean; problem: Problem | null; signedAs?: string; onMute: (until: string, reason: string) => void };

/** Hides a breach's alerts until a day, with a reason. The breach stays where it is. */
export function MuteBreach({ what, busy, problem, signedAs, onMute }: MuteProps) {
  const [opened, { open, close }] = useDisclosure(false);
  const [until, setUntil] = useState(() => dayAhead(7));
  const [reason, setReason] = useState('');
  const isFit = until >= dayAhead(1) && until <= dayAhead(90);
  return (
    <>
      <Btn size="sm" look="sub" icon="bell-off" onClick={open}>
        Mute
      </Btn>
      <ActDialog
        opened={opened}
        onClose={close}
        question={`Mute ${what}?`}
        consequence="Its alerts are hidden until that day. The breach stays open, keeps counting and still holds prod where it does; it is muted for everybody."
        act={isFit ? `Mute until ${day(`${until}T12:00:00Z`)}` : 'Mute'}
        busyWord="Muting…"
        busy={busy}
        problem={problem}
        signedAs={signedAs}
        canConfirm={isFit && reason.trim().length > 0}
        onConfirm={() => onMute(`${until}T00:00:00Z`, reason.trim())}
      >
        <TextInput type="date" w={180} label="Until, at most 90 days" min={dayAhead(1)} max={dayAhead(90)} value={until} error={isFit ? undefined : 'From tomorrow to 90 days ahead'} onChange={(event) => setUntil(event.currentTarget.value)} />
        <Textarea label="Reason, kept in the evidence" autosize minRows={2} maxRows={8} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      </ActDialog>
    </>
  );
}
