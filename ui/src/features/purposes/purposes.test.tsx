import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { purposesPageQuery } from '@/api/requests';
import { drawPage } from '@/test/page';

const purpose = (name: string) => ({ id: name, name, lawful_basis: 'contract', allowed_uses: ['train'], owner: 'person:ben', retention_days: 30 });

test('purposes have pages, which the address names', async () => {
  const { router } = drawPage('/purposes', [], [
    [purposesPageQuery(), { items: [purpose('Credit risk')], next_cursor: 'c-2' }],
    [purposesPageQuery({ cursor: 'c-2' }), { items: [purpose('Marketing')], next_cursor: null }],
  ]);
  await userEvent.click(await screen.findByRole('button', { name: 'Next page' }));
  expect(await screen.findByRole('link', { name: 'Marketing' })).toBeTruthy();
  expect(screen.getByText('2–2')).toBeTruthy();
  expect(router.state.location.search).toEqual({ cursor: 'c-2', from: 1 });
});
