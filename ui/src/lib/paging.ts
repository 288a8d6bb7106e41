import { useState } from 'react';

type At = { cursor: string | undefined; from: number };

/** Which page a list shows that stands beside others: its pages are no places of their own, so the address does not name them. */
export function usePage() {
  const [{ cursor, from }, setAt] = useState<At>({ cursor: undefined, from: 0 });
  return { page: cursor ? { cursor } : {}, from, onPage: (to: string | undefined, at: number) => setAt({ cursor: to, from: at }) };
}
