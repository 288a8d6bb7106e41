import { MantineProvider } from '@mantine/core';
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { theme } from '@/theme';

/** Draws a part inside what every part needs: the theme and a router of one page. Waits until it stands. */
export async function draw(part: ReactNode) {
  const page = createRootRoute({ component: () => <div data-testid="drawn">{part}</div> });
  const router = createRouter({ routeTree: page, history: createMemoryHistory() });
  const drawn = render(
    <MantineProvider theme={theme} env="test">
      <RouterProvider router={router as never} />
    </MantineProvider>,
  );
  await screen.findByTestId('drawn');
  return drawn;
}
