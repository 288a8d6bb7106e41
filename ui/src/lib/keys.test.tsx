import { fireEvent, render } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { switchSingleKeys, useKeys, useSequenceStart } from './keys';

function Listener({ onKey }: { onKey: (name: string) => void }) {
  useSequenceStart('g');
  useKeys({ a: () => onKey('a'), 'g a': () => onKey('g a'), Escape: () => onKey('Escape') });
  return <input aria-label="text" />;
}
const press = (key: string, target: Element | Window = window) => {
  fireEvent.keyDown(target, { key });
  return Promise.resolve(); // the sequence starts after every listener has looked
};
beforeEach(() => switchSingleKeys(true));

test('a key acts, a sequence goes elsewhere, and neither does while somebody types', async () => {
  const heard = vi.fn();
  const { getByLabelText } = render(<Listener onKey={heard} />);
  await press('a');
  await press('g');
  await press('a');
  await press('a');
  await press('a', getByLabelText('text'));
  expect(heard.mock.calls.flat()).toEqual(['a', 'g a', 'a']);
});

test('single letters can be switched off; named keys stay', async () => {
  const heard = vi.fn();
  render(<Listener onKey={heard} />);
  switchSingleKeys(false);
  await press('a');
  await press('Escape');
  expect(heard.mock.calls.flat()).toEqual(['Escape']);
});
