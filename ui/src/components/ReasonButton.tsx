import { Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import type { Problem } from '@/api/types';
import { Btn, type BtnLook } from './Btn';
import { ActDialog } from './ConfirmAct';

type ReasonProps = {
  label: string;
  question: string;
  consequence: ReactNode;
  act: string;
  busyWord: string;
  busy: boolean;
  look?: BtnLook;
  size?: 'sm' | 'm' | 'lg';
  icon?: string;
  problem?: Problem | null;
  signedAs?: string | undefined;
  reasonLabel?: string;
  opened?: boolean;
  onOpen?: (open: boolean) => void;
  onReason: (reason: string) => void;
};

/** Asks why, then acts: red text, never filled. The reason is kept in the evidence. */
export function ReasonButton(props: ReasonProps) {
  const [own, { open, close }] = useDisclosure(false);
  const [reason, setReason] = useState('');
  const opened = props.opened ?? own;
  const show = () => (props.onOpen ? props.onOpen(true) : open());
  const hide = () => (props.onOpen ? props.onOpen(false) : close());
  const look = props.look ?? 'danger';
  return (
    <>
      <Btn look={look} size={props.size ?? 'm'} {...(props.icon ? { icon: props.icon } : {})} onClick={show}>
        {props.label}
      </Btn>
      <ActDialog
        opened={opened}
        onClose={hide}
        question={props.question}
        consequence={props.consequence}
        act={props.act}
        busyWord={props.busyWord}
        busy={props.busy}
        destructive={look === 'danger'}
        signedAs={props.signedAs}
        problem={props.problem ?? null}
        canConfirm={reason.trim().length > 0}
        onConfirm={() => props.onReason(reason.trim())}
      >
        <Textarea label={props.reasonLabel ?? 'Reason, kept in the evidence'} autosize minRows={2} maxRows={8} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      </ActDialog>
    </>
  );
}
