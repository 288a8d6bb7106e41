import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { draw } from '@/test/render';
import { Captured } from './Captured';

test('captured calls name their dataset, or say why they wait', async () => {
  await draw(
    <>
      <Captured capture={null} />
      <Captured capture={{ changed_at: '2026-11-01T00:00:00Z', dataset: 'retail.captured.credit', rows: 12, version: 3, reason: 'the grant ended' }} />
    </>,
  );
  expect(screen.getByText(/^Nothing captured yet/)).toBeTruthy();
  expect(screen.getByRole('link', { name: 'retail.captured.credit' })).toBeTruthy();
  expect(screen.getByText('Calls wait to be published: the grant ended.')).toBeTruthy();
});
