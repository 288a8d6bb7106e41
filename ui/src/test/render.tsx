import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { theme } from '@/theme';

/** Draws a part inside what every part needs: the theme, a router of one page, a server that is not asked. Waits until it stands. */
export async function draw(part: ReactNode) {
  const page = createRootRoute({ component: () => <div data-testid="drawn">{part}</div> });
  const router = createRouter({ routeTree: page, history: createMemoryHistory() });
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, enabled: false } } });
  const drawn = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByTestId('drawn');
  return drawn;
}
