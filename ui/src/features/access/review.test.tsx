import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { draw } from '@/test/render';
import { ColumnTerms } from './ColumnTerms';
import { RowRules } from './RowRules';

test('sensitive columns come first, and what is narrowed is marked', async () => {
  const choose = vi.fn();
  await draw(
    <ColumnTerms
      asked={[{ name: 'amount', as: 'clear' }, { name: 'iban', as: 'clear' }]}
      facts={{ amount: { level: 'internal' }, iban: { level: 'restricted', source: 'confirmed', sees: 'A token; joins still work' } }}
      choices={{ amount: 'clear', iban: 'mask' }}
      onChoose={choose}
      reader="preprod"
    />,
  );
  const rows = screen.getAllByRole('row').slice(1);
  expect(rows[0]?.textContent).toContain('iban');
  expect(rows[0]?.textContent).toContain('narrowed');
  expect(rows[0]?.textContent).toContain('A token; joins still work');
  expect(rows[1]?.textContent).not.toContain('narrowed');
  await userEvent.click(screen.getAllByText('Leave out')[1] as HTMLElement);
  expect(choose).toHaveBeenCalledWith('amount', 'out');
});

test('row rules show what they keep, and themselves as SQL only when asked', async () => {
  const change = vi.fn();
  await draw(<RowRules columns={['amount']} rules={[{ column: 'amount', op: 'at_most', value: '7000' }]} onChange={change} rows={{ kept: 950, all: 1000 }} />);
  expect(screen.getByText('950').closest('span')?.textContent).toBe('keeps 950 of 1,000 rows');
  await userEvent.click(screen.getByRole('button', { name: 'as SQL' }));
  expect(screen.getByText("amount <= '7000'")).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'as rules' }));
  await userEvent.click(screen.getByRole('button', { name: 'Remove rule 1' }));
  expect(change).toHaveBeenCalledWith([]);
});
