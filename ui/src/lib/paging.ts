import { useState } from 'react';

type At = { cursor: string | undefined; from: number };

/** Returns the part of an address that names a page: where it begins for the server, and how many rows lie before it. */
export const pageAt = (cursor: string | undefined, from: number) => ({ ...(cursor ? { cursor } : {}), ...(from ? { from } : {}) });

/** Which page a list shows that stands beside others: its pages are no places of their own, so the address does not name them. */
export function usePage() {
  const [{ cursor, from }, setAt] = useState<At>({ cursor: undefined, from: 0 });
  return { page: pageAt(cursor, 0), from, onPage: (to: string | undefined, at: number) => setAt({ cursor: to, from: at }) };
}
