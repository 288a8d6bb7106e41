import { Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Problem } from '@/api/types';
import { Btn, type BtnLook } from './Btn';
import { ProblemNote } from './ProblemNote';

type Row = [label: string, now: ReactNode, after?: ReactNode];
type DialogProps = {
  opened: boolean;
  onClose: () => void;
  question: string;
  consequence: ReactNode;
  rows?: Row[];
  act: string;
  busyWord: string;
  busy: boolean;
  destructive?: boolean;
  signedAs?: string | undefined;
  problem?: Problem | null;
  onConfirm: () => void;
  canConfirm?: boolean;
  children?: ReactNode;
};

/** The last step before an act: what starts at once, who is affected, how it is undone. Its button repeats the object. It closes once the act is done; what was refused stays, with the reason. */
export function ActDialog(props: DialogProps) {
  const { opened, onClose, question, consequence, rows = [], act, busyWord, busy, destructive, signedAs, problem, onConfirm } = props;
  const wasBusy = useRef(false);
  useEffect(() => {
    if (wasBusy.current && !busy && !problem && opened) onClose();
    wasBusy.current = busy;
  }, [busy, problem, opened, onClose]);
  return (
    <Modal opened={opened} onClose={onClose} title={question} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="stack" style={{ gap: 12 }}>
        <p className="dim">{consequence}</p>
        {rows.length > 0 && (
          <table className="dt" aria-label="What changes">
            <tbody>
              {rows.map(([label, now, after]) => (
                <tr key={label}>
                  <th scope="row">{label}</th>
                  <td colSpan={after == null ? 2 : 1}>{now}</td>
                  {after != null && <td className="b">{after}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {props.children}
        {problem && <ProblemNote problem={problem} />}
        <div className="row wrap" style={{ borderTop: '1px solid var(--line)', paddingTop: 12 }}>
          {signedAs && <span className="sm faint">Signed as {signedAs}</span>}
          <span className="sp" />
          <button type="button" className="btn" data-autofocus={destructive || undefined} onClick={onClose}>
            Cancel
          </button>
          <Btn look={destructive ? 'danger' : 'primary'} busy={busy} busyWord={busyWord} disabled={props.canConfirm === false} onClick={onConfirm}>
            {act}
          </Btn>
        </div>
      </div>
    </Modal>
  );
}

type ConfirmProps = Omit<DialogProps, 'opened' | 'onClose'> & { look?: BtnLook; label?: string; size?: 'sm' | 'm' | 'lg' };

/** A button whose act is confirmed in a dialog first. */
export function ConfirmAct({ look = 'plain', label, size = 'm', ...dialog }: ConfirmProps) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Btn look={look} size={size} onClick={open}>
        {label ?? dialog.act}
      </Btn>
      <ActDialog {...dialog} opened={opened} onClose={close} />
    </>
  );
}
