import { expect, test } from 'vitest';
import { brief } from './LiveModelTable';
import { addressOf, curlSnippet, givenOf, tritonSnippet } from './snippets';

const tensor = (name: string, datatype: 'FP32' | 'BYTES', shape: number[] = [-1]) => ({ name, datatype, shape });
const endpoint = { url: 'https://serve.example:8443/v2/models/prod.credit', columns: ['age', 'amount', 'rate', 'term'], inputs: [tensor('X', 'FP32', [-1, 4]), tensor('record_id', 'BYTES')] };

test('a call names the features where the endpoint does, the record first', () => {
  expect(givenOf({ inputs: [] }, endpoint).map(({ name, datatype }) => `${name} ${datatype}`)).toEqual(['record_id BYTES', 'age FP32', 'amount FP32', 'rate FP32', 'term FP32']);
  expect(givenOf({ inputs: [] }, { ...endpoint, columns: [] })).toEqual([{ name: 'record_id', datatype: 'BYTES', width: 1 }, { name: 'X', datatype: 'FP32', width: 4 }]);
  const many = Array.from({ length: 24 }, (_, at) => `f${at}`);
  expect(givenOf({ inputs: [] }, { ...endpoint, columns: many, inputs: [tensor('X', 'FP32', [-1, 24])] })).toEqual([{ name: 'X', datatype: 'FP32', width: 24 }]);
  expect(givenOf({ inputs: [tensor('X', 'FP32')] })).toEqual([{ name: 'X', datatype: 'FP32', width: 1 }]);
});

test('the host is the real one, or a word that stands for it', () => {
  expect(addressOf(endpoint.url)).toEqual({ host: 'serve.example:8443', secure: true });
  expect([addressOf(''), addressOf(null), addressOf('nowhere')]).toEqual([null, null, null]);
  expect(curlSnippet('prod.credit', givenOf({ inputs: [] }, endpoint), addressOf(endpoint.url))).toContain('https://serve.example:8443/v2/models/prod.credit/infer');
  expect(curlSnippet('prod.credit', [], null)).toContain('http://SERVING_ADDRESS/v2/models/prod.credit/infer');
});

test('plain JSON of a few features is JSON as it stands', () => {
  const code = curlSnippet('prod.credit', givenOf({ inputs: [tensor('X', 'FP32'), tensor('record_id', 'BYTES')] }), null);
  const body: unknown = JSON.parse(/-d '(.*)'$/s.exec(code)?.[1] ?? '');
  expect(body).toEqual({ inputs: [{ name: 'record_id', datatype: 'BYTES', shape: [1], data: ['a'] }, { name: 'X', datatype: 'FP32', shape: [1], data: [0] }] });
});

test('the stock client gets its host without the scheme', () => {
  const code = tritonSnippet('prod.credit', givenOf({ inputs: [] }, endpoint), [{ name: 'label' }], addressOf(endpoint.url));
  expect(code).toContain('InferenceServerClient("serve.example:8443", ssl=True)');
  expect(code).toContain('("record_id", "BYTES", np.array(["a"], dtype=np.object_))');
  expect(code).toContain('answer.as_numpy("label")');
  expect(tritonSnippet('prod.credit', [], [], { host: 'h:1', secure: false })).toContain('InferenceServerClient("h:1")');
});

test('a long use is cut between words', () => {
  expect(brief('Score applications')).toBe('Score applications');
  expect(brief('word '.repeat(40))).toMatch(/^(word )+word…$/);
});
