import { waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { drawPage } from '@/test/page';

test.each([
  ['/audit?actor=person%3Aana&outcome=bogus&utm_source=mail', { actor: 'person:ana' }],
  ['/catalog?q=customer&utm_source=mail&from=20', { q: 'customer', from: 20 }],
  ['/evidence?at=2026-01-02&on=today', { at: '2026-01-02' }],
])('an address is read without what its place does not know: %s', async (address, search) => {
  const { router } = drawPage(address, [], []);
  await waitFor(() => expect(router.state.matches.at(-1)?.search).toEqual(search));
});
