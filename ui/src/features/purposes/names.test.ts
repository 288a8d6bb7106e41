import { expect, test } from 'vitest';
import { purposeName, purposesIn } from './names';

const id = 'p-01a2164929eb76e9b53e14e50c02907d';
const known = [{ id, name: 'Credit risk model' }];

test('a purpose is called by its name, and by the end of its id where nobody says its name', () => {
  expect([purposeName(id, known), purposeName(id, []), purposeName(id, undefined)]).toEqual(['Credit risk model', 'p-02907d', 'p-02907d']);
  expect(purposesIn(`those whose data is used for purpose \`${id}\`, ${id}`, known)).toBe('those whose data is used for purpose Credit risk model, Credit risk model');
});
