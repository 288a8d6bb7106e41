import { MantineProvider } from '@mantine/core';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { unreachableCode } from './api/client';
import { meQuery } from './api/session';
import type { Problem } from './api/types';
import { styleNonce } from './lib/nonce';
import { printedPlace } from './lib/printed';
import { makeRouter } from './routes/router';
import './styles/index.css';
import { theme, variables } from './theme';

// A session that ended while its page stood open leads to the sign-in page, and back here afterwards.
const onError = (problem: Problem) => {
  if (problem.status === 401 && queryClient.getQueryData(meQuery.queryKey)) void queryClient.resetQueries({ queryKey: meQuery.queryKey });
};
const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The server's own refusals are answers; only a lost connection is worth asking again.
      retry: (failures, problem) => (problem.code === unreachableCode || problem.status === 503) && failures < 20,
      retryDelay: 5_000,
    },
  },
});
const printed = printedPlace(location.hash);
if (printed) history.replaceState(null, '', printed);
const router = makeRouter(queryClient);

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={styleNonce}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
