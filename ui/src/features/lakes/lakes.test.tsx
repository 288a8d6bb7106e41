import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { lakesPageQuery } from '@/api/lakes';
import { drawPage } from '@/test/page';

const lake = (id: string) => ({ id, team: 'retail', description: '', datasets: 1, last_crawl: null });

test('lakes have pages, which the address names', async () => {
  const { router } = drawPage('/lakes', [], [
    [lakesPageQuery(), { items: [lake('retail')], total: 2, next_cursor: 'c-2' }],
    [lakesPageQuery({ cursor: 'c-2' }), { items: [lake('wealth')], total: 2, next_cursor: null }],
  ]);
  await userEvent.click(await screen.findByRole('button', { name: 'Next page' }));
  expect(await screen.findByRole('link', { name: 'wealth' })).toBeTruthy();
  expect(screen.queryByRole('link', { name: 'retail' })).toBeNull();
  expect(router.state.location.search).toEqual({ cursor: 'c-2', from: 1 });
});
