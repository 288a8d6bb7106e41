import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { draw } from '@/test/render';
import { ColumnTerms } from './ColumnTerms';
import { foldFindings } from './ReviewSide';
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

test('findings that say the same of several columns are one line', () => {
  const warn = (text: string) => ({ tone: 'warn' as const, text });
  const seen = (column: string, level = 'restricted') => warn(`${column} is ${level}, and would be seen as stored`);
  const found = foldFindings([seen('amount'), warn('it is late'), seen('job'), seen('name', 'confidential')]);
  expect(found.map(({ text }) => text)).toEqual(['2 columns are restricted, and would be seen as stored', 'it is late', 'name is confidential, and would be seen as stored']);
  expect(found.map(({ columns }) => columns)).toEqual([['amount', 'job'], [], []]);
});
