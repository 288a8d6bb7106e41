import { Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ColumnProfile, ColumnView } from '@/api/datasets';
import { FactBadge, Facts, Level, Spark } from '@/components';
import { count, percent, sentence, words } from '@/lib/format';

/** Returns the range of a column's values as far as the viewer may see it. */
export function range(profile: ColumnProfile | undefined): string {
  if (!profile?.shown || profile.min == null) return '–';
  return profile.min === profile.max ? profile.min : `${profile.min} – ${profile.max}`;
}

/** The name of a column; a click shows its whole profile, as far as level and grant let the viewer see it. */
export function ColumnCard({ column, profile }: { column: ColumnView; profile: ColumnProfile | undefined }) {
  const [opened, { open, close }] = useDisclosure(false);
  const share = profile?.nulls != null && profile.rows > 0 ? `${count(profile.nulls)} of ${count(profile.rows)}, ${percent(profile.nulls / profile.rows)}` : null;
  return (
    <>
      <button type="button" className={`link mono${column.for_you === 'not_granted' ? ' faint' : ''}`} onClick={open}>
        {column.name}
      </button>
      <Modal opened={opened} onClose={close} title={column.name} size={520} closeButtonProps={{ 'aria-label': 'Close' }}>
        <div className="stack" style={{ gap: 14 }}>
          {column.description && <p className="dim">{column.description}</p>}
          {profile?.shown && profile.counts && profile.counts.length > 0 ? (
            <Spark counts={profile.counts} label={`Values of ${column.name}: ${range(profile)}`} width={440} height={90} />
          ) : (
            <p className="dim">{sentence(profile?.why_not ?? 'its values are not shown')}.</p>
          )}
          <Facts
            items={[
              ['For you', <FactBadge key="you" group="columnForYou" fact={column.for_you} />],
              ['Type', column.type],
              ['Level', <Level key="level" level={column.level} source={column.source} />],
              ['Proposed by', column.rule ? `the rule ${words(column.rule)}${column.confidence == null ? '' : `, ${percent(column.confidence)} sure`}` : null],
              ['Range', profile?.shown ? range(profile) : null],
              ['Empty', share],
              ['Distinct', profile?.distinct == null ? null : count(profile.distinct)],
              ...(profile?.quantiles ?? []).map(([share, value]): [string, string] => [`${percent(share)} below`, value]),
            ]}
          />
        </div>
      </Modal>
    </>
  );
}
