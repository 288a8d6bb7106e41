/** Reads an OpenAPI 3.1 document as far as the reference page needs it. */
export type Schema = {
  type?: string | string[]; $ref?: string; properties?: Record<string, Schema>; required?: string[]; items?: Schema; enum?: unknown[]; const?: unknown; format?: string;
  description?: string; oneOf?: Schema[]; anyOf?: Schema[]; allOf?: Schema[]; additionalProperties?: Schema | boolean; nullable?: boolean;
};
type Content = Record<string, { schema?: Schema }>;
export type Parameter = { name: string; in: string; required?: boolean; description?: string; schema?: Schema };
type RawOperation = {
  operationId?: string; summary?: string; description?: string; tags?: string[]; parameters?: Parameter[];
  requestBody?: { content?: Content }; responses?: Record<string, { description?: string; content?: Content }>;
};
export type Contract = { info: { title: string; version: string; description?: string }; paths: Record<string, Record<string, RawOperation>>; components?: { schemas?: Record<string, Schema> } };
export type Operation = RawOperation & { method: string; path: string; id: string };

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Returns the operations by tag, in the order of the document. */
export function operationsByTag(contract: Contract): [tag: string, operations: Operation[]][] {
  const byTag = new Map<string, Operation[]>();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const method of methods) {
      const raw = item[method];
      if (!raw) continue;
      const tag = raw.tags?.[0] ?? path.replace(/^\/api\/v\d+/, '').split('/')[1] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), { ...raw, method, path, id: raw.operationId ?? `${method} ${path}` }]);
    }
  }
  return [...byTag];
}

const refName = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1);

/** Returns the schema behind a reference. */
export function resolve(contract: Contract, schema: Schema | undefined): Schema | undefined {
  return schema?.$ref ? contract.components?.schemas?.[refName(schema.$ref)] : schema;
}

/** Returns a schema's type in one line: "text", "list of Column", "read | write". */
export function typeLine(schema: Schema | undefined): string {
  if (!schema) return 'anything';
  if (schema.$ref) return refName(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => String(value)).join(' | ');
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return [...new Set(variants.filter((one) => one.type !== 'null').map(typeLine))].join(' or ');
  if (schema.allOf) return schema.allOf.map(typeLine).join(' with ');
  const types = [schema.type ?? 'object'].flat().filter((type) => type !== 'null');
  if (types[0] === 'array') return `list of ${typeLine(schema.items)}`;
  if (types[0] === 'object' && typeof schema.additionalProperties === 'object') return `map to ${typeLine(schema.additionalProperties)}`;
  const words: Record<string, string> = { string: 'text', integer: 'whole number', boolean: 'yes or no' };
  return types.map((type) => words[type] ?? type).join(' or ') + (schema.format ? `, ${schema.format}` : '');
}

/** Returns an example of a schema, at most three deep. */
export function example(contract: Contract, schema: Schema | undefined, depth = 0): unknown {
  const found = resolve(contract, schema);
  if (!found || depth > 3) return {};
  if (found.const !== undefined) return found.const;
  if (found.enum) return found.enum[0];
  const variant = (found.oneOf ?? found.anyOf ?? found.allOf)?.find((one) => one.type !== 'null');
  if (variant) return example(contract, variant, depth + 1);
  const type = [found.type ?? 'object'].flat().find((one) => one !== 'null');
  if (type === 'array') return found.items && depth < 2 ? [example(contract, found.items, depth + 1)] : [];
  if (type === 'object') {
    const needed = Object.entries(found.properties ?? {}).filter(([name]) => found.required?.includes(name));
    return Object.fromEntries(needed.map(([name, property]) => [name, example(contract, property, depth + 1)]));
  }
  return { integer: 1, number: 1, boolean: true }[type ?? ''] ?? '…';
}

/** Returns the call of an operation as a command to paste. */
export function curl(contract: Contract, operation: Operation, origin: string): string {
  const path = operation.path.startsWith('/api/') ? operation.path : `/api/v1${operation.path}`;
  const lines = [`curl ${operation.method === 'get' ? '' : `-X ${operation.method.toUpperCase()} `}"${origin}${path}"`, `  -H "Authorization: Bearer $LOCKGATE_TOKEN"`];
  const body = operation.requestBody?.content?.['application/json']?.schema;
  if (body) lines.push('  -H "Content-Type: application/json"', `  -d '${JSON.stringify(example(contract, body))}'`);
  return lines.join(' \\\n');
}
