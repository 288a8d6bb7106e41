import { queryOptions, useQuery } from '@tanstack/react-query';
import { ask, http, rememberCsrf } from './client';
import type { Schema } from './types';

/** Who is signed in, what they hold and which verbs they may do to something. */
export type Me = Schema<'MeView'>;
/** The signed-in person: always one, since the page signs people in. */
export type Viewer = Me & { person: Schema<'MePerson'> };

const keep = (me: Me): Viewer => {
  rememberCsrf(me.csrf);
  return { ...me, person: me.person ?? { id: me.principal, name: me.principal } };
};

/** The signed-in person; fails with 401 when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async () => keep(await ask(http.GET('/me'))),
  staleTime: 60_000,
  retry: false,
});

/** Returns the signed-in person. Only inside the frame, which waits for them. */
export function useMe(): Viewer {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error('the frame shows its pages only to people who are signed in');
  return data;
}

/** Returns whether the person may do that verb to something; whether to this very thing the server says. */
export function can(me: Viewer, ...verbs: string[]): boolean {
  return me.can.some((verb) => verbs.includes(verb));
}

/** Signs in with a password. */
export const signIn = async (body: Schema<'Credentials'>) => keep(await ask(http.POST('/sessions', { body })));
/** Signs out this browser. */
export const signOut = () => ask(http.DELETE('/sessions/current'));
/** Redeems a one-time link: sets the password and signs in. */
export const redeemLink = async (body: Schema<'Redemption'>) => keep(await ask(http.POST('/links/redeem', { body })));
