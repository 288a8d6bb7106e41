/** Reads the parts of an address. What is missing or odd is left out, never guessed. */
type Search = Record<string, unknown>;

/** Returns `{name: value}` for each of `names` that holds a text or a number. */
export function text<N extends string>(search: Search, ...names: N[]): { [K in N]?: string } {
  const found: { [K in N]?: string } = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') found[name] = value;
    else if (typeof value === 'number') found[name] = String(value);
  }
  return found;
}

/** Returns `{from: n}` where a page of a list begins, if it is not the first. */
export function from(search: Search): { from?: number } {
  const value = Number(search['from']);
  return Number.isInteger(value) && value > 0 ? { from: value } : {};
}
