import { expect, test } from 'vitest';
import { askers, isEnvironment } from './askers';

const me = { person: { id: 'ana', name: 'Ana' }, groups: ['model-developers'], roles: [{ role: 'model_developer', scope: 'project/credit-risk', given_by: 'operator' }] };
const project = (id: string) => ({ id, environments: ['dev', 'preprod'].map((name) => ({ name })) });

test('somebody asks for themselves, their groups and the environments of their own projects', () => {
  const found = askers(me as never, [project('credit-risk'), project('credit-risk-2')] as never);
  expect(found.map(({ label }) => label)).toEqual(['me, Ana', 'group model-developers', 'dev of credit-risk', 'preprod of credit-risk']);
  expect(found.filter(({ value }) => isEnvironment(value)).map(({ value }) => value)).toEqual(['environment:credit-risk/dev', 'environment:credit-risk/preprod']);
});
