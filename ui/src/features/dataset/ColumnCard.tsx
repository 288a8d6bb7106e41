import { Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ColumnProfile, ColumnView } from '@/api/datasets';
import { Bar, FactBadge, Facts, Ident, Level, Spark } from '@/components';
import { count, figure, percent, plural, sentence, words } from '@/lib/format';
import { shapeWord, typeWord } from './types';

type Profile = ColumnProfile | undefined;
const shown = (value: number | string) => (typeof value === 'number' ? figure(value) : value);

/** Says of values that may be seen why none is drawn: nearly each is another, as in an identifier, or none is known to be frequent. */
export function undrawn(profile: Profile): string | null {
  const distinct = profile?.distinct ?? 0;
  if (!profile?.shown || barsOf(profile).length > 0 || distinct < 2) return null;
  return distinct > 0.9 * (profile.rows - profile.nulls) ? 'nearly all differ' : plural(distinct, 'value');
}

/** Returns the range of a column's values as far as the viewer may see it. */
export function range(profile: Profile): string {
  if (!profile?.shown || profile.min == null || profile.max == null) return '–';
  // Of a text of which hardly a value repeats, the first and the last tell nothing but two of its values.
  if (typeof profile.min === 'string' && typeof profile.max === 'string' && undrawn(profile)) return '–';
  return profile.min === profile.max ? shown(profile.min) : `${shown(profile.min)} – ${shown(profile.max)}`;
}

/** Returns how long the texts are, "2 – 40 characters, 11.5 on average". */
function lengthOf(profile: Profile): string | null {
  if (!profile?.lengths) return null;
  const { min, max, mean } = profile.lengths;
  return min === max ? plural(min, 'character') : `${count(min)} – ${plural(max, 'character')}, ${figure(mean)} on average`;
}

/** Returns what most of the texts look like, "e-mail 98.0%, other 2.0%". */
function looksOf(profile: Profile): string | null {
  const shapes = (profile?.shapes ?? []).slice(0, 3).map(({ shape, share }) => `${shapeWord(shape)} ${percent(share)}`);
  return shapes.length ? shapes.join(', ') : null;
}

/** Returns the heights of a small histogram: of bins, or of the most frequent values where there are no bins. */
export function barsOf(profile: Profile): number[] {
  if (!profile?.shown) return [];
  const bins = profile.histogram ?? [];
  return (bins.length ? bins : (profile.top ?? [])).map((bar) => bar.count);
}

/** The histogram of a column with its two ends, or why there is none. Values that are frequent are listed instead. */
function Drawn({ name, profile }: { name: string; profile: Profile }) {
  if (barsOf(profile).length === 0) return <p className="dim">{sentence(undrawn(profile) ?? profile?.why_not ?? 'its values are not shown')}.</p>;
  const bins = profile?.histogram ?? [];
  const [first, last] = [bins[0], bins[bins.length - 1]];
  if (!first || !last) return null;
  return (
    <figure>
      <Spark counts={barsOf(profile)} label={`Values of ${name}: ${range(profile)}`} width={440} height={90} />
      <figcaption className="ends sm faint">
        <span>{shown(first.from)}</span>
        <span>{shown(last.to)}</span>
      </figcaption>
    </figure>
  );
}

/** Returns the values worth a line: the most frequent five; of values in bins, those that at least one row in a hundred has. */
export function frequent(profile: Profile): { value: string; count: number; share: number }[] {
  const filled = profile?.shown ? profile.rows - profile.nulls - (profile.nans ?? 0) : 0;
  const least = profile?.histogram?.length ? 0.01 : 0;
  return (profile?.top ?? [])
    .slice(0, 5)
    .map(({ value, count }) => ({ value, count, share: filled > 0 ? count / filled : 0 }))
    .filter(({ share }) => share > 0 && share >= least);
}

/** The most frequent values, each with its share of the values there are. */
function Frequent({ profile }: { profile: Profile }) {
  const values = frequent(profile);
  if (values.length === 0) return null;
  return (
    <table className="dt" aria-label="Most frequent values">
      <thead>
        <tr>
          <th>Most frequent</th>
          <th className="num">Rows</th>
          <th className="num">Share</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {values.map(({ value, count: rows, share }, place) => (
          <tr key={place}>
            <td className="any">{value}</td>
            <td className="num">{count(rows)}</td>
            <td className="num">{percent(share)}</td>
            <td className="share">
              <Bar share={share} label={`Share of ${value}`} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The name of a column; a click shows its whole profile, as far as level and grant let the viewer see it. */
export function ColumnCard({ column, profile }: { column: ColumnView; profile: ColumnProfile | undefined }) {
  const [opened, { open, close }] = useDisclosure(false);
  const about = profile?.quantiles_exact === false ? 'about ' : '';
  const share = profile?.nulls != null && profile.rows > 0 ? `${count(profile.nulls)} of ${count(profile.rows)}, ${percent(profile.nulls / profile.rows)}` : null;
  return (
    <>
      <button type="button" className={`link cname${column.for_you === 'not_granted' ? ' faint' : ''}`} onClick={open}>
        <Ident name={column.name} />
      </button>
      <Modal opened={opened} onClose={close} title={column.name} size={520} closeButtonProps={{ 'aria-label': 'Close' }}>
        <div className="stack" style={{ gap: 14 }}>
          {column.description && <p className="dim">{column.description}</p>}
          <Drawn name={column.name} profile={profile} />
          <Facts
            items={[
              ['For you', <FactBadge key="you" group="columnForYou" fact={column.for_you} />],
              ['Type', <span key="type" title={column.type}>{typeWord(column.type)}</span>],
              ['Level', <Level key="level" level={column.level} source={column.level_source} />],
              ['Proposed by', column.proposed_by ? `the rule ${words(column.proposed_by.rule)}, ${percent(column.proposed_by.confidence)} sure` : null],
              ['Range', profile?.shown ? range(profile) : null],
              ['Empty', share],
              ['Distinct', profile?.distinct == null ? null : `${profile.distinct_exact === false ? 'about ' : ''}${count(profile.distinct)}`],
              ['Unique', profile?.uniqueness == null ? null : `${percent(profile.uniqueness)} of the values`],
              ['Not a number', profile?.nans ? plural(profile.nans, 'row') : null],
              ['Length', lengthOf(profile)],
              ['Looks like', looksOf(profile)],
              ['Mean', profile?.mean == null ? null : shown(profile.mean)],
              ...(profile?.quantiles ?? []).map(({ q, value }): [string, string] => [`${percent(q).replace('.0%', '%')} at most`, `${about}${shown(value)}`]),
            ]}
          />
          <Frequent profile={profile} />
        </div>
      </Modal>
    </>
  );
}
