import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { baselineQuery, clockQuery, type StageComparison, type StageOfProject } from '@/api/evidence';
import { drawPage } from '@/test/page';
import { draw } from '@/test/render';
import { StageTable } from './ProjectClock';
import { barOf, comparisonWords, lasting, medianWords, runTimeWords, splitWords, took, wayEnded } from './words';

const day = 86_400;

test('times are in plain units, and what still runs has taken at least so long', () => {
  expect(lasting(12 * day + 4 * 3600)).toBe('12 d 4 h');
  expect(lasting(0)).toBe('0 s');
  expect(lasting(null)).toBe('–');
  expect(took({ seconds: 2 * day, open: true })).toBe('at least 2 d');
  expect(took({ seconds: null, open: false })).toBe('not measured');
  expect(wayEnded({ open: false, ended: 'the request is rejected' })).toBe('ended on the way: the request is rejected');
});

test('a median says how many it is of, how many still run, and when there is none', () => {
  expect(medianWords({ median_s: 2 * day, n: 8, open: 2 })).toBe('2 d, median of 8 projects; 2 of 8 still running, counted as longer');
  expect(medianWords({ median_s: null, n: 4, open: 3 })).toBe('no median: 3 of 4 still running, so nobody knows yet');
  expect(medianWords({ median_s: null, n: 2, open: 2 })).toBe('no median: all still running, so nobody knows yet');
  expect(medianWords({ median_s: null, n: 0, open: 0 })).toBe('not measured in any project yet');
});

test('a bar is whole, and its sentence leaves out what was not waited for', () => {
  const split = { people: 3600, machines: 0, working: 3600 };
  expect(barOf(split)).toEqual([{ part: 'people', from: 0, share: 0.5 }, { part: 'working', from: 0.5, share: 0.5 }]);
  expect(splitWords(split)).toBe('waiting for people 1 h, working 1 h');
  expect(barOf({ people: 0, machines: 0, working: 0 })).toEqual([]);
  expect(runTimeWords({ what: 'train', median_s: 90, n: 4 })).toEqual(['Training for a release', '1 m 30 s, median of 4']);
  expect(runTimeWords({ what: 'score', n: 0 })[1]).toBe('none yet');
});

const before: StageComparison = { baseline_s: 20 * day, definition_from: 'request for change', definition_to: 'deployed', n: 9, source: 'change calendar', same_definition: false, note: 'defined differently' };

test('a saving is said only where both measured the same', () => {
  expect(comparisonWords(before)).toBe('Both numbers stand beside each other; nothing is said of a saving.');
  expect(comparisonWords({ ...before, same_definition: true, ratio: 5.9, saving_s: 10 * day, saving_low_s: 8 * day, saving_high_s: 12 * day, note: null })).toBe('5.9 times as fast; saving between 8 d and 12 d (95%)');
  expect(comparisonWords({ ...before, same_definition: true, ratio: 1.1, note: 'fewer than five projects' })).toBe('1.1 times as fast; fewer than five projects');
});

const release: StageOfProject = {
  stage: 'release', definition_from: 'candidate cut', definition_to: 'live in prod', open: true, seconds: 2 * day, people_s: day, machines_s: 3600, working_s: 23 * 3600, note: 'it waits for approval', from: '2026-01-01T00:00:00Z',
  measured: [
    { about: 'candidate 4', from: '2026-01-01T00:00:00Z', open: true, seconds: 2 * day, people_s: day, machines_s: 3600, working_s: 23 * 3600 },
    { about: 'candidate 3', from: '2025-12-01T00:00:00Z', open: false, ended: 'its promotion is rejected', seconds: day, people_s: day, machines_s: 0, working_s: 0 },
  ],
};

test('a project’s stage shows its single ways, also those that ended on the way', async () => {
  await draw(<StageTable project="credit" stages={[release]} />);
  expect(screen.getByText('2 ways through release')).toBeTruthy();
  expect(screen.getByText('ended on the way: its promotion is rejected')).toBeTruthy();
  expect(screen.getByRole('img', { name: 'Release of credit: waiting for people 1 d, waiting for machines 1 h, working 23 h' })).toBeTruthy();
});

test('the clock marks what still runs and what was defined differently, and claims nothing that the server does not', async () => {
  drawPage('/clock', ['ImportBaseline'], [
    [clockQuery(), { headline: [], left_out: 0, total: 1, run_times: [], stages: [{ stage: 'release', definition_from: 'candidate cut', definition_to: 'live in prod', n: 1, open: 1, median_s: null, comparisons: [before] }], items: [{ project: 'credit', title: 'Credit risk', run_times: [], stages: [release] }] }],
    [baselineQuery, null],
  ]);
  expect(await screen.findByText('still running')).toBeTruthy();
  expect(screen.getByText('Defined differently')).toBeTruthy();
  expect(screen.queryByRole('heading', { name: 'Against before' })).toBeNull();
  expect(screen.getByText((_, shown) => shown?.tagName === 'PRE' && shown.textContent === 'lockgate clock import FILE')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Choose a CSV file' })).toBeTruthy();
});
