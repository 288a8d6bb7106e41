/** Returns the type of a column in a plain word; one that this page does not know stays as it is. */
export function typeWord(type: string): string {
  const bare = type.replace(/\(.*$/, '');
  if (/^U?Int\d+$/.test(bare)) return 'whole number';
  if (/^(Float|Decimal)\d+$/.test(bare)) return 'number';
  if (/^(Large)?Utf8(View)?$/.test(bare)) return 'text';
  const others: Record<string, string> = { Boolean: 'yes or no', Date32: 'date', Date64: 'date', Timestamp: 'time' };
  return others[bare] ?? type;
}

/** Returns what a text looks like in plain words; a shape that this page does not know stays as it is. */
export function shapeWord(shape: string): string {
  const others: Record<string, string> = { blank: 'nothing', boolean: 'yes or no', datetime: 'date and time', zoned_datetime: 'date and time', time: 'time of day', code: 'letters and digits', email: 'e-mail', url: 'web address', uuid: 'UUID', iban: 'IBAN', ipv4: 'IP address' };
  return others[shape] ?? shape;
}
