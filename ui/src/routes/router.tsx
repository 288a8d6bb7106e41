import type { QueryClient } from '@tanstack/react-query';
import { createRouter, type RouterHistory } from '@tanstack/react-router';
import { tree } from './tree';

/** Makes the router over the whole tree of places. Parts of an address that a place does not know are dropped from it: pages send on what is left. */
export function makeRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({ routeTree: tree, context: { queryClient }, search: { strict: true }, scrollRestoration: true, defaultStructuralSharing: true, ...(history ? { history } : {}) });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
