import { PasswordInput } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { meQuery, redeemLink } from '@/api/session';
import { Btn, BtnLink, ProblemNote } from '@/components';
import { Logo } from '@/frame/Logo';

const shortest = 12;

// The token stands after `#`, so it never reaches a server's log or a referrer.
const tokenOf = (hash: string) => hash.replace(/^#/, '');

/** Redeems a one-time link: the person sets a password and is signed in. */
export function RedeemLink() {
  useDocumentTitle('Set your password · Lockgate');
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [link, setLink] = useState(() => tokenOf(location.hash));
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  useEffect(() => {
    const onHash = () => setLink(tokenOf(location.hash));
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  }, []);
  const redeem = useMutation({
    mutationFn: redeemLink,
    onSuccess: (me) => {
      queryClient.setQueryData(meQuery.queryKey, me);
      return navigate({ to: '/' });
    },
  });
  const short = password.length < shortest;
  const differs = again !== password;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!short && !differs) redeem.mutate({ link, password });
  };
  return (
    <main className="gate-page">
      <div className="card">
        <div className="brand-lg">
          <Logo size={28} />
          Lockgate
        </div>
        {link ? (
          <form className="panel" onSubmit={submit} aria-label="Set your password">
            <h1 className="h2">Set your password</h1>
            <p className="dim">This link works once. After it you sign in with your name and this password.</p>
            <PasswordInput
              label="New password"
              description={`At least ${shortest} characters`}
              autoComplete="new-password"
              autoFocus
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              error={tried && short ? `This has ${password.length} characters` : undefined}
              visibilityToggleButtonProps={{ 'aria-label': 'Show the new password' }}
            />
            <PasswordInput
              label="Repeat it"
              autoComplete="new-password"
              value={again}
              onChange={(event) => setAgain(event.currentTarget.value)}
              error={tried && differs ? 'The two differ' : undefined}
              visibilityToggleButtonProps={{ 'aria-label': 'Show the repeated password' }}
            />
            {redeem.error && <ProblemNote problem={redeem.error} />}
            <Btn type="submit" look="primary" size="lg" busy={redeem.isPending} busyWord="Setting…">
              Set password and sign in
            </Btn>
          </form>
        ) : (
          <div className="panel">
            <h1 className="h2">This link is not complete</h1>
            <p className="dim">A one-time link ends with # and a long word. Copy all of it, or ask a platform administrator for a new one.</p>
            <div>
              <BtnLink to="/sign-in">Sign in with a password</BtnLink>
            </div>
          </div>
        )}
      </div>
    </main>
  );
}
