import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider, type QueryKey } from '@tanstack/react-query';
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import { makeRouter } from '@/routes/router';
import { theme } from '@/theme';

/** What a page reads, by the query that reads it. */
export type Read = [query: { queryKey: QueryKey }, data: unknown];

const me = { principal: 'person:olga', person: { id: 'person:olga', name: 'Olga' }, groups: [], roles: [], csrf: null };

/** Draws a whole page at its address, for somebody who may do those verbs; what it reads is given, nothing is fetched. */
export function drawPage(address: string, can: string[], reads: Read[]) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false, enabled: false } } });
  queryClient.setQueryData(['me'], { ...me, can });
  for (const [{ queryKey }, data] of reads) queryClient.setQueryData(queryKey, data);
  const router = makeRouter(queryClient, createMemoryHistory({ initialEntries: [address] }));
  const drawn = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...drawn, router };
}
