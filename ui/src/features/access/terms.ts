import type { ColumnView } from '@/api/datasets';
import type { ColumnTerm, RequestView, RowOp, Rule, Scope, Terms } from '@/api/requests';
import { plural } from '@/lib/format';

/** What a decider may choose for a column. `mask` becomes a token for texts, nothing for the rest. */
export type Choice = 'clear' | 'mask' | 'check' | 'out';
/** A decision in the making. */
export type Draft = { choices: Record<string, Choice>; rules: Rule[]; until: string };

/** The words of the choices. */
export const choiceWords: Record<Choice, string> = { clear: 'Clear', mask: 'Mask', check: 'Check only', out: 'Leave out' };
/** The words of the row rules. */
export const opWords: Record<RowOp, string> = {
  is: 'is', is_not: 'is not', at_most: 'is at most', at_least: 'is at least', less: 'is less than', more: 'is more than', in: 'is one of', is_empty: 'is empty',
};
const sqlOps: Record<RowOp, string> = { is: '=', is_not: '<>', at_most: '<=', at_least: '>=', less: '<', more: '>', in: 'IN', is_empty: 'IS NULL' };

const asChoice: Record<ColumnTerm, Choice> = { clear: 'clear', token: 'mask', null: 'mask', check: 'check', left_out: 'out' };
// clear > mask > left out, clear > check > left out; check and mask do not compare.
const below: Record<Choice, Choice[]> = { clear: ['clear', 'mask', 'check', 'out'], mask: ['mask', 'out'], check: ['check', 'out'], out: ['out'] };

/** Returns the choice that a column was asked as. */
export const choiceOf = (term: ColumnTerm): Choice => asChoice[term];
/** Returns what an approval may make of a column that was asked as `term`: it narrows, never widens. */
export const choicesBelow = (term: ColumnTerm): Choice[] => below[asChoice[term]];
/** Returns the day of an instant as date inputs take it. */
export const dayOf = (at: string): string => at.slice(0, 10);

/** Returns the draft that changes nothing of what was asked. */
export function asAsked(asked: Scope): Draft {
  const choices = Object.fromEntries(asked.columns.map(({ name, as }) => [name, asChoice[as]]));
  return { choices, rules: [], until: dayOf(asked.expires_at) };
}

/** Returns how a column is asked for unless the asker says otherwise: what is sensitive is left out; of an unclassified one nobody knows that yet. */
export const presetOf = ({ level, level_source: source }: Pick<ColumnView, 'level' | 'level_source'>): Choice =>
  level === 'public' || level === 'internal' || source === 'unclassified' ? 'clear' : 'out';

const isText = (type: string) => /text|utf8|string|char/i.test(type);

/** Returns the mask that fits a column's type: a token keeps joins of texts, other types become empty. */
export const maskFor = (type: string | undefined): ColumnTerm => (type == null || isText(type) ? 'token' : 'null');

const isComplete = (rule: Rule) => rule.column !== '' && (rule.op === 'is_empty' || (rule.value != null && rule.value !== ''));

/** Returns the terms of a draft: only what narrows. */
export function termsOf(draft: Draft, asked: Scope, types: Record<string, string>): Terms {
  const columns: Record<string, ColumnTerm> = {};
  for (const { name, as } of asked.columns) {
    const choice = draft.choices[name] ?? asChoice[as];
    if (choice !== asChoice[as]) columns[name] = choice === 'mask' ? maskFor(types[name]) : choice === 'out' ? 'left_out' : choice;
  }
  const rules = draft.rules.filter(isComplete).map((rule) => ruleOf(rule, types[rule.column]));
  const isEarlier = draft.until !== '' && draft.until < dayOf(asked.expires_at);
  return {
    ...(Object.keys(columns).length ? { columns } : {}),
    ...(rules.length ? { row_filter: rules } : {}),
    ...(isEarlier ? { until: `${draft.until}T23:59:59Z` } : {}),
  };
}

const ruleOf = ({ column, op, value }: Rule, type: string | undefined): Rule => (op === 'is_empty' ? { column, op } : { column, op, value: valueOf({ column, op, value: value ?? '' }, type) });

function literal(text: string, type: string | undefined): string | number {
  const number = Number(text.replaceAll(',', '').trim());
  return text.trim() !== '' && Number.isFinite(number) && !(type && isText(type)) ? number : text.trim();
}

/** Returns the value of a rule as the column's type wants it. */
function valueOf(rule: Rule, type: string | undefined): NonNullable<Rule['value']> {
  const text = String(rule.value ?? '');
  return rule.op === 'in' ? text.split(';').map((one) => literal(one, type)) : literal(text, type);
}

/** Returns whether the terms let through exactly what was asked. */
export const changesNothing = (terms: Terms): boolean => Object.keys(terms).length === 0;

/** Says what an approval lets through, "20 columns clear, 1 masked". */
export function summary(draft: Draft): string {
  const all = Object.values(draft.choices);
  const of = (choice: Choice) => all.filter((one) => one === choice).length;
  return [`${plural(of('clear'), 'column')} clear`, of('mask') && `${of('mask')} masked`, of('check') && `${of('check')} for the check alone`, of('out') && `${of('out')} left out`]
    .filter(Boolean)
    .join(', ');
}

const quoted = (value: unknown): string => (typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value));

/** Returns a rule as people read it, or as SQL. */
export function ruleText(rule: Rule, as: 'words' | 'sql' = 'words'): string {
  const value = Array.isArray(rule.value) ? rule.value : rule.value == null ? [] : [rule.value];
  if (as === 'words') return [rule.column, opWords[rule.op], value.join(', ')].filter(Boolean).join(' ');
  if (rule.op === 'is_empty') return `${rule.column} IS NULL`;
  return `${rule.column} ${sqlOps[rule.op]} ${rule.op === 'in' ? `(${value.map(quoted).join(', ')})` : quoted(value[0] ?? '')}`;
}

/** The level of each column that is asked for, by name. */
export type Levels = Record<string, RequestView['columns'][number]['level']>;

/** Returns the levels that a request's page shows, of the columns that are asked for. */
export const levelsOf = (request: Pick<RequestView, 'columns'>): Levels =>
  Object.fromEntries(request.columns.filter((column) => column.as !== 'left_out').map((column) => [column.name, column.level]));

/** Returns in words which levels are not as they were shown. */
export const levelsChanged = (shown: Levels, now: Levels): string[] =>
  Object.entries(now)
    .filter(([column, level]) => shown[column] !== level)
    .map(([column, level]) => `${column} was ${shown[column] ?? 'not there'}, and is ${level}`);
