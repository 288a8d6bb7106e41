/** What to paste to call a live model: plain JSON, and the stock client of the Open Inference Protocol. */
import type { LiveModelView } from '@/api/live';
import type { EndpointView } from '@/api/serving';

/** A tensor to send: its name, its type and how many values a row has. */
export type Given = { name: string; datatype: string; width: number };
/** Where an endpoint answers: host and what it is called by there. */
export type Address = { host: string; secure: boolean };

type Signature = Pick<EndpointView, 'inputs' | 'columns' | 'url'>;

const widthOf = (shape: number[]) => (shape.length > 1 ? shape.slice(1).reduce((all, side) => all * Math.max(side, 1), 1) : 1);

/** How many features are sent one by one; more go in one tensor, so that what is shown can be pasted as it is. */
const mostByName = 6;

/** Returns what a call sends: a few features one by one where the endpoint names them, else its tensors; `record_id` first, if it takes one. */
export function givenOf(model: Pick<LiveModelView, 'inputs'>, endpoint?: Signature | null): Given[] {
  const inputs = endpoint?.inputs.length ? endpoint.inputs.map(({ name, datatype, shape }) => ({ name, datatype, width: widthOf(shape) })) : model.inputs.map(({ name, datatype }) => ({ name, datatype, width: 1 }));
  const records = inputs.filter(({ name }) => name === 'record_id');
  const features = inputs.filter(({ name }) => name !== 'record_id');
  if (!endpoint?.columns.length || endpoint.columns.length > mostByName) return [...records, ...features];
  return [...records, ...endpoint.columns.map((name) => ({ name, datatype: features[0]?.datatype ?? 'FP32', width: 1 }))];
}

/** Returns the address in a URL of an endpoint; null while it is not known. */
export function addressOf(url: string | null | undefined): Address | null {
  if (!url || !URL.canParse(url)) return null;
  const { host, protocol } = new URL(url);
  return { host, secure: protocol === 'https:' };
}

/** The word that stands where the serving address is not known. */
export const unknownHost = 'SERVING_ADDRESS';

const sample = (datatype: string): string => (datatype === 'BYTES' ? '"a"' : datatype === 'BOOL' ? 'true' : /^(U?INT)/.test(datatype) ? '0' : '0.0');
const shapeOf = ({ width }: Given) => (width > 1 ? [1, width] : [1]);
const valuesOf = ({ datatype, width }: Given) => `[${Array.from({ length: width }, () => sample(datatype)).join(', ')}]`;

/** Returns the call as curl sends it, one row in plain JSON. */
export function curlSnippet(endpoint: string, given: Given[], address: Address | null): string {
  const base = `${address?.secure === false || !address ? 'http' : 'https'}://${address?.host ?? unknownHost}`;
  const tensors = given.map((one) => `  {"name": "${one.name}", "datatype": "${one.datatype}", "shape": [${shapeOf(one).join(', ')}], "data": ${valuesOf(one)}}`);
  return [
    `curl -H "Authorization: Bearer $LOCKGATE_TOKEN" \\`,
    `  ${base}/v2/models/${endpoint}/infer -d '{"inputs": [`,
    tensors.join(',\n'),
    `]}'`,
  ].join('\n');
}

const arrayOf: Record<string, string> = { BYTES: 'object_', BOOL: 'bool_', FP64: 'float64', FP32: 'float32', FP16: 'float16' };
const numpyOf = (datatype: string) => arrayOf[datatype] ?? datatype.toLowerCase();

/** Returns the call as `tritonclient` makes it. */
export function tritonSnippet(endpoint: string, given: Given[], outputs: { name: string }[], address: Address | null): string {
  const row = given.map((one) => `    ("${one.name}", "${one.datatype}", np.array([${one.width > 1 ? valuesOf(one) : sample(one.datatype)}], dtype=np.${numpyOf(one.datatype)})),`);
  return [
    'import os',
    'import numpy as np',
    'import tritonclient.http as triton',
    '',
    `client = triton.InferenceServerClient("${address?.host ?? unknownHost}"${address?.secure ? ', ssl=True' : ''})`,
    'rows = [',
    ...row,
    ']',
    'inputs = []',
    'for name, datatype, values in rows:',
    '    tensor = triton.InferInput(name, list(values.shape), datatype)',
    '    tensor.set_data_from_numpy(values)',
    '    inputs.append(tensor)',
    'headers = {"Authorization": f"Bearer {os.environ[\'LOCKGATE_TOKEN\']}"}',
    `answer = client.infer("${endpoint}", inputs, headers=headers)`,
    `print(answer.as_numpy("${outputs[0]?.name ?? 'label'}"))`,
  ].join('\n');
}
