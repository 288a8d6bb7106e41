import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { draw } from '@/test/render';
import { ConfirmAct, Empty, type Facet, Facets, FilterChips, Level, NextStrip, Pager, ProblemNote, ReasonButton, Snippet, Spark, StateBadge, Who } from '.';
import { DataTable } from './DataTable';

test('a badge says the word, the fact, and nothing it does not know', async () => {
  await draw(
    <>
      <StateBadge kind="accessRequest" state="approved" fact="with terms" />
      <StateBadge kind="grant" state="brand_new" />
    </>,
  );
  expect(screen.getByText('Approved, with terms').className).toContain('good');
  expect(screen.getByText('brand_new').className).toContain('idle');
});

test('an unclassified column never shows a level as if somebody had said it', async () => {
  await draw(
    <>
      <Level level="restricted" source="unclassified" />
      <Level level="internal" source="proposed" />
    </>,
  );
  expect(screen.getByText('Unclassified')).toBeTruthy();
  expect(screen.getByText('Internal?')).toBeTruthy();
});

test('people are round and machines are square', async () => {
  const { container } = await draw(
    <>
      <Who who="person:ana" />
      <Who who="environment:credit-risk/preprod" />
    </>,
  );
  expect(container.querySelectorAll('.av.bot')).toHaveLength(1);
  expect(screen.getByText('ana')).toBeTruthy();
});

test('a problem shows what failed, where, what to do, and its request id to copy', async () => {
  const problem = { status: 400, code: 'query.sql', detail: 'no column `recrod_id`\n  SELECT recrod_id\n         ^^^^^^^^^', hint: 'did you mean `record_id`', request_id: '7f20' };
  const retry = vi.fn();
  await draw(<ProblemNote problem={problem} onRetry={retry} />);
  const alert = screen.getByRole('alert');
  expect(alert.textContent).toContain('No column recrod_id.');
  expect(alert.querySelector('pre')?.textContent).toContain('^^^^^^^^^');
  expect(alert.textContent).toContain('Did you mean record_id.');
  expect(alert.textContent).toContain('query.sql');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledOnce();
  expect(screen.getByRole('button', { name: 'Copy request id' })).toBeTruthy();
});

test('an act is confirmed with its consequence, its button repeats the object, and Cancel does nothing', async () => {
  const act = vi.fn();
  await draw(<ConfirmAct act="Revoke token laptop" question="Revoke laptop?" consequence="All that uses it is refused." busy={false} busyWord="Revoking…" destructive onConfirm={act} />);
  await userEvent.click(screen.getByRole('button', { name: 'Revoke token laptop' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('All that uses it is refused.');
  await userEvent.click(within(dialog).getByRole('button', { name: 'Cancel' }));
  expect(act).not.toHaveBeenCalled();
});

test('a reason is asked for before the act can be done', async () => {
  const refuse = vi.fn();
  await draw(<ReasonButton label="Refuse" act="Refuse r-1" question="Refuse r-1?" consequence="It ends." busy={false} busyWord="Refusing…" onReason={refuse} />);
  await userEvent.click(screen.getByRole('button', { name: 'Refuse' }));
  const act = await screen.findByRole('button', { name: 'Refuse r-1' });
  expect(act.hasAttribute('disabled')).toBe(true);
  await userEvent.type(screen.getByLabelText('Reason, kept in the evidence'), '  no purpose ');
  await userEvent.click(act);
  expect(refuse).toHaveBeenCalledWith('no purpose');
});

const facets: Facet[] = [{ name: 'lake', title: 'Lake', options: [{ value: 'retail', count: 3 }, { value: 'risk', count: 2 }] }];

test('a facet adds, a chip takes away, and a choice that finds nothing can still be taken back', async () => {
  const change = vi.fn();
  await draw(
    <>
      <Facets facets={facets} chosen={{ lake: ['gone'] }} onChange={change} />
      <FilterChips facets={facets} chosen={{ lake: ['gone'] }} onChange={change} />
    </>,
  );
  await userEvent.click(screen.getByLabelText('risk'));
  expect(change).toHaveBeenLastCalledWith({ lake: ['gone', 'risk'] });
  await userEvent.click(screen.getByRole('button', { name: 'Remove filter Lake: gone' }));
  expect(change).toHaveBeenLastCalledWith({ lake: [] });
  expect((screen.getByLabelText('gone') as HTMLInputElement).checked).toBe(true);
});

test('a pager says where it is and goes by the server’s cursor', async () => {
  const go = vi.fn();
  await draw(<Pager from={50} shown={50} total={1284} next="c3" onPage={go} />);
  expect(screen.getByText('51–100 of 1,284')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Next page' }));
  expect(go).toHaveBeenLastCalledWith('c3', 100);
  await userEvent.click(screen.getByRole('button', { name: 'First page' }));
  expect(go).toHaveBeenLastCalledWith(undefined, 0);
});

test('a table says how it is sorted and asks the server for another order', async () => {
  const sort = vi.fn();
  const columns = [{ id: 'rows', header: 'Rows', meta: { form: 'num' as const, sort: 'rows' }, cell: () => '7' }];
  await draw(<DataTable label="Datasets" columns={columns} rows={[{ id: 'a' }]} rowKey={(row) => row.id} sort={{ by: 'rows', descending: false }} onSort={sort} />);
  expect(screen.getByRole('columnheader').getAttribute('aria-sort')).toBe('ascending');
  await userEvent.click(screen.getByRole('button', { name: 'Rows' }));
  expect(sort).toHaveBeenCalledWith({ by: 'rows', descending: true });
});

test('an empty place names the command, and a histogram of nothing says so', async () => {
  await draw(
    <>
      <Empty title="No lake is connected yet." command="lockgate lake connect retail" />
      <Snippet code="SELECT 1" note="one row" />
      <Spark counts={[0, 0]} label="Values" />
      <NextStrip next={{ tone: 'waiting', text: 'Waits for you.', reason: 'Decide.' }} />
    </>,
  );
  expect(screen.getByText((_, shown) => shown?.tagName === 'PRE' && shown.textContent === 'lockgate lake connect retail')).toBeTruthy();
  expect(screen.getByText('no values')).toBeTruthy();
  expect(screen.getByText('Waits for you.').closest('.next')?.className).toContain('waiting');
});

function Stop({ refusal }: { refusal: { status: number; code: string; detail: string } | null }) {
  const [state, setState] = useState<{ busy: boolean; problem: typeof refusal }>({ busy: false, problem: null });
  const act = () => {
    setState({ busy: true, problem: null });
    setTimeout(() => setState({ busy: false, problem: refusal }), 5);
  };
  return <ConfirmAct act="Stop it" question="Stop it?" consequence="It stops." busyWord="Stopping…" {...state} onConfirm={act} />;
}

test.each([[null, false], [{ status: 409, code: 'x.y', detail: 'it is stopped already' }, true]])('a dialog closes once its act is done, and stays with the reason where it is refused', async (refusal, stays) => {
  await draw(<Stop refusal={refusal} />);
  await userEvent.click(screen.getByRole('button', { name: 'Stop it' }));
  await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Stop it' }));
  await vi.waitFor(() => expect(screen.queryByRole('dialog') !== null && screen.queryByText('It is stopped already.') !== null).toBe(stays));
  await vi.waitFor(() => expect(screen.queryByRole('dialog') !== null).toBe(stays));
});
