/** Returns the type of a column in a plain word; one that this page does not know stays as it is. */
export function typeWord(type: string): string {
  const bare = type.replace(/\(.*$/, '');
  if (/^U?Int\d+$/.test(bare)) return 'whole number';
  if (/^(Float|Decimal)\d+$/.test(bare)) return 'number';
  if (/^(Large)?Utf8(View)?$/.test(bare)) return 'text';
  const others: Record<string, string> = { Boolean: 'yes or no', Date32: 'date', Date64: 'date', Timestamp: 'time' };
  return others[bare] ?? type;
}
