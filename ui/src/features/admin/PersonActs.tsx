import { Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { deactivatePerson, makeLink, type PersonView } from '@/api/admin';
import { Btn, ConfirmAct, ProblemNote, Snippet } from '@/components';
import { instant } from '@/lib/format';

/** Returns the address behind a one-time link, whatever form the server gives it in. */
export function linkAddress(link: string, origin: string): string {
  if (/^https?:/.test(link)) return link;
  return link.startsWith('/') ? `${origin}${link}` : `${origin}/link#${link}`;
}

/** What an administrator does with a person: a one-time link, or the end of their access. */
export function PersonActs({ person }: { person: PersonView }) {
  const queryClient = useQueryClient();
  const link = useMutation({ mutationFn: () => makeLink(person.id) });
  const leave = useMutation({ mutationFn: () => deactivatePerson(person.id), onSuccess: () => queryClient.invalidateQueries({ queryKey: ['people'] }) });
  if (person.state !== 'active') return null;
  return (
    <span className="row" style={{ justifyContent: 'flex-end' }}>
      <Btn size="sm" icon="link" busy={link.isPending} onClick={() => link.mutate()} aria-label={`One-time link for ${person.id}`}>
        One-time link
      </Btn>
      <ConfirmAct
        size="sm"
        look="danger"
        label="Deactivate"
        act={`Deactivate ${person.id}`}
        question={`Deactivate ${person.id}?`}
        consequence="Their sessions and tokens end within a second, and approvals they still had to give are void. What they decided before stands."
        busy={leave.isPending}
        busyWord="Deactivating…"
        destructive
        problem={leave.error}
        onConfirm={() => leave.mutate()}
      />
      <Modal opened={link.isSuccess || link.isError} onClose={() => link.reset()} title={`One-time link for ${person.id}`} closeButtonProps={{ 'aria-label': 'Close' }}>
        {link.error && <ProblemNote problem={link.error} />}
        {link.data && (
          <div className="stack" style={{ gap: 12 }}>
            <p className="dim">
              It works once, until {instant(link.data.expires_at)}, and lets {person.id} set a password. It is shown only here: hand it over by a way that only they read.
            </p>
            <Snippet code={linkAddress(link.data.path, location.origin)} inline />
          </div>
        )}
      </Modal>
    </span>
  );
}
