import { queryOptions, useQuery } from '@tanstack/react-query';
import { ask, http, rememberCsrf } from './client';

/** A role somebody holds, and for what. */
export type RoleHeld = { role: string; scope: string };
/** Who is signed in, and what they hold. */
export type Me = { person: { id: string; name: string }; groups: string[]; roles: RoleHeld[]; csrf?: string | null };

const keep = (me: Me): Me => {
  rememberCsrf(me.csrf);
  return me;
};

/** The signed-in person; fails with 401 when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async () => keep(await ask<Me>(http.GET('/me'))),
  staleTime: 60_000,
  retry: false,
});

/** Returns the signed-in person. Only inside the frame, which waits for them. */
export function useMe(): Me {
  const { data } = useQuery(meQuery);
  if (!data) throw new Error('the frame shows its pages only to people who are signed in');
  return data;
}

/** Returns whether the person holds a role, for anything at all. */
export function holds(me: Me, ...roles: string[]): boolean {
  return me.roles.some((held) => roles.includes(held.role));
}

/** Signs in with a password. */
export const signIn = async (body: { name: string; password: string }) => keep(await ask<Me>(http.POST('/sessions', { body })));
/** Signs out this browser. */
export const signOut = () => ask<unknown>(http.DELETE('/sessions/current'));
/** Redeems a one-time link: sets the password and signs in. */
export const redeemLink = async (body: { link: string; password: string }) => keep(await ask<Me>(http.POST('/links/redeem', { body })));
