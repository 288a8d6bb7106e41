import { queryOptions, useQuery } from '@tanstack/react-query';
import { ask, http, rememberCsrf } from './client';

/** A role somebody holds, and for what. */
export type RoleHeld = { role: string; scope: string; given_by: string; given_at: string };
/** Who is signed in, what they hold and which verbs they may do to something. */
export type Me = { principal: string; person: { id: string; name: string } | null; groups: string[]; roles: RoleHeld[]; can: string[]; csrf?: string | null };
/** The signed-in person: always one, since the page signs people in. */
export type Viewer = Me & { person: { id: string; name: string } };

const keep = (me: Me): Viewer => {
  rememberCsrf(me.csrf);
  return { ...me, person: me.person ?? { id: me.principal, name: me.principal } };
};

/** The signed-in person; fails with 401 when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async () => keep(await ask<Me>(http.GET('/me'))),
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
export const signIn = async (body: { name: string; password: string }) => keep(await ask<Me>(http.POST('/sessions', { body })));
/** Signs out this browser. */
export const signOut = () => ask<unknown>(http.DELETE('/sessions/current'));
/** Redeems a one-time link: sets the password and signs in. */
export const redeemLink = async (body: { link: string; password: string }) => keep(await ask<Me>(http.POST('/links/redeem', { body })));
