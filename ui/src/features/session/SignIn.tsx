import { PasswordInput, TextInput } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { meQuery, signIn } from '@/api/session';
import { Btn, ProblemNote } from '@/components';
import { Logo } from '@/frame/Logo';

/** Signs in with name and password. */
export function SignIn() {
  useDocumentTitle('Sign in · Lockgate');
  const { to } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const enter = useMutation({
    mutationFn: signIn,
    onSuccess: (me) => {
      queryClient.setQueryData(meQuery.queryKey, me);
      // Only a path of this page: an address from elsewhere must not lead away after signing in.
      return navigate({ href: to && /^\/(?![/\\])/.test(to) ? to : '/' });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate({ name, password });
  };
  return (
    <main className="gate-page">
      <div className="card">
        <div className="brand-lg">
          <Logo size={28} />
          Lockgate
        </div>
        <form className="panel" onSubmit={submit} aria-label="Sign in">
          <h1 className="h2">Sign in</h1>
          <TextInput label="Name" name="name" autoComplete="username" autoFocus required withAsterisk={false} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <PasswordInput label="Password" name="password" autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => setPassword(event.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }} />
          {enter.error && <ProblemNote problem={enter.error} />}
          <Btn type="submit" look="primary" size="lg" busy={enter.isPending} busyWord="Signing in…">
            Sign in
          </Btn>
        </form>
        <p className="sm faint">No password yet, or lost it? A platform administrator sends you a one-time link.</p>
      </div>
    </main>
  );
}
