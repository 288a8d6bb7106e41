import { expect, test } from 'vitest';
import { type Contract, curl, example, operationsByTag, typeLine } from './contract';

const contract: Contract = {
  info: { title: 'Lockgate', version: '1' },
  paths: {
    '/grants/{id}/revoke': {
      post: { operationId: 'revoke_grant', tags: ['catalog'], requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Reason' } } } } },
    },
    '/me': { get: { operationId: 'get_me', tags: ['access'] } },
  },
  components: { schemas: { Reason: { type: 'object', required: ['reason'], properties: { reason: { type: 'string' }, note: { type: ['string', 'null'] } } } } },
};

test('operations stand under their tag, with a call to paste', () => {
  const groups = operationsByTag(contract);
  expect(groups.map(([tag]) => tag)).toEqual(['catalog', 'access']);
  const revoke = groups[0]?.[1][0];
  if (!revoke) throw new Error('the operation is there');
  expect(curl(contract, revoke, 'http://lg')).toContain(`curl -X POST "http://lg/api/v1/grants/{id}/revoke"`);
  expect(curl(contract, revoke, 'http://lg')).toContain(`-d '{"reason":"…"}'`);
});

test('types read as words', () => {
  expect(typeLine({ type: 'array', items: { $ref: '#/components/schemas/Reason' } })).toBe('list of Reason');
  expect(typeLine({ type: ['string', 'null'], format: 'date-time' })).toBe('text, date-time');
  expect(typeLine({ oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/Reason' }] })).toBe('Reason');
  expect(typeLine({ enum: ['read', 'write'] })).toBe('read | write');
  expect(example(contract, { $ref: '#/components/schemas/Reason' })).toEqual({ reason: '…' });
});
