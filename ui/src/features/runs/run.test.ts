import { expect, test } from 'vitest';
import type { RunView } from '@/api/runs';
import { stepToShow } from './Run';

const run = (state: RunView['state'], ...states: string[]) => ({ state, steps: states.map((one, at) => ({ name: `s${at}`, state: one })) }) as unknown as RunView;

test('a run opens at the step that matters now', () => {
  expect(stepToShow(run('running', 'succeeded', 'running', 'waiting'), undefined)?.name).toBe('s1');
  expect(stepToShow(run('failed', 'succeeded', 'failed', 'skipped'), undefined)?.name).toBe('s1');
  expect(stepToShow(run('running', 'ready', 'waiting', 'waiting'), undefined)?.name).toBe('s0');
  expect(stepToShow(run('succeeded', 'succeeded', 'succeeded'), undefined)?.name).toBe('s1');
  expect(stepToShow(run('running', 'ready', 'waiting'), 's1')?.name).toBe('s1');
});
