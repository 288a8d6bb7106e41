/** Numbers, times and words as the whole product writes them. */
const exactFormat = new Intl.NumberFormat('en');

/** Returns what stands where a value is unknown. */
export const unknown = '–';

const signed = (text: string) => text.replace(/^-/, '−');

/** Returns an exact count, "30,000". */
export function count(value: number | null | undefined): string {
  return value == null ? unknown : signed(exactFormat.format(value));
}

/** Returns a count for lists: exact below a million, then "2.31 M". */
export function brief(value: number | null | undefined): string {
  if (value == null) return unknown;
  const size = Math.abs(value);
  if (size < 1e6) return count(value);
  const [scale, unit] = size < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  return signed(`${(value / scale).toPrecision(3)} ${unit}`);
}

/** Returns a number of a column: integers exact, others with at most four significant decimals. */
export function figure(value: number | null | undefined): string {
  if (value == null) return unknown;
  return signed(new Intl.NumberFormat('en', { maximumFractionDigits: Math.abs(value) < 10 ? 4 : 2 }).format(value));
}

/** Returns a share of 1 as "22.1%". */
export function percent(share: number | null | undefined): string {
  return share == null ? unknown : signed(`${(share * 100).toFixed(1)}%`);
}

/** Returns "1 row" or "2 rows". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Returns a size of data in decimal units, "182.4 MB". */
export function bytes(value: number | null | undefined): string {
  if (value == null) return unknown;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [left, step] = [value, 0];
  while (left >= 1000 && step < units.length - 1) [left, step] = [left / 1000, step + 1];
  return `${step === 0 ? left : left.toFixed(1)} ${units[step]}`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const fullDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** Returns an instant as people read it: today "10:23", this year "17 Nov 15:12", else "12 Feb 2026". */
export function instant(at: string | null | undefined, now = new Date()): string {
  if (!at) return unknown;
  const then = new Date(at);
  if (then.toDateString() === now.toDateString()) return clock.format(then);
  if (then.getFullYear() === now.getFullYear()) return `${dayMonth.format(then)} ${clock.format(then)}`;
  return fullDay.format(then);
}

/** Returns an instant to the second, with its day unless that is today: "10:23:05", "17 Nov 15:12:09". */
export function exactly(at: string, now = new Date()): string {
  const then = new Date(at);
  if (then.toDateString() === now.toDateString()) return seconds.format(then);
  return `${then.getFullYear() === now.getFullYear() ? dayMonth.format(then) : fullDay.format(then)} ${seconds.format(then)}`;
}

/** Returns a day, "31 Mar 2027". */
export function day(at: string | null | undefined): string {
  return at ? fullDay.format(new Date(at)) : unknown;
}

/** Returns a span in its two largest units, "19 h 30 m". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  const shown = parts.slice(first, first + 2).filter(([value]) => value > 0);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(' ');
}

/** Returns how long ago an instant was in one unit, "2 h"; from a week on its day. */
export function age(at: string | null | undefined, now = Date.now()): string {
  if (!at) return unknown;
  const ms = Math.max(0, now - Date.parse(at));
  if (ms >= 7 * 86400_000) return instant(at, new Date(now));
  return duration(ms).split(' ').slice(0, 2).join(' ').replace(/^\d+ ms$/, '0 s');
}

/** Returns how many whole days lie between now and an instant; negative once it has passed. */
export function daysUntil(at: string, now = Date.now()): number {
  return Math.ceil((Date.parse(at) - now) / 86400_000);
}

/** Returns a stored word as people read it, "change_manager" as "change manager". */
export function words(stored: string): string {
  return stored.replaceAll('_', ' ').replaceAll('-', ' ');
}

/** Returns `text` with its first letter raised. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Returns an id as people can tell it from another: its kind and its end, "r-bc4f70". The whole one stays in the address. */
export function shortId(id: string): string {
  const [kind = '', rest = ''] = id.split('-', 2);
  return rest.length > 8 && /^[0-9a-f]+$/.test(rest) ? `${kind}-${rest.slice(-6)}` : id;
}

const principals = /\b(person|environment):(?=[\w-])/g;
const roles = /`?\b(model_developer|model_owner|model_validator|data_steward|data_protection|change_manager|platform_administrator)\b`?/g;

/** Returns the server's words for people: a moment as the other moments here, an id as the pages call it, a role and who it is in words, a count of rows with its commas. */
export function spoken(text: string, now = new Date()): string {
  const moments = text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (at) => instant(at, now));
  const counted = moments.replace(/\b\d{4,}\b(?= (of|rows|records|calls)\b)/g, (digits) => count(Number(digits)));
  const named = counted.replace(principals, '').replace(/`?\bmonitor:mo-[0-9a-f]{32}`?/g, 'the monitor').replace(/\bgroup:(?=[\w-])/g, 'group ');
  return named.replace(/\b[a-z]{1,3}-[0-9a-f]{32}\b/g, shortId).replace(roles, (_, role: string) => words(role));
}
