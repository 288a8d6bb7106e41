import { Link } from '@tanstack/react-router';
import type { Hit } from '@/api/datasets';
import { FactBadge, Icon, Meta, StateBadge, When } from '@/components';
import { factLook } from '@/components/facts';
import { brief, plural } from '@/lib/format';
import { Marked } from './Marked';

const fewColumns = 3;

/** A search result in three lines: name and your access, what it is, which columns match, whose and how fresh. */
export function Result({ hit, isSelected, onSelect }: { hit: Hit; isSelected: boolean; onSelect: () => void }) {
  const more = hit.matched_columns.length - fewColumns;
  return (
    <Link to="/datasets/$id" params={{ id: hit.id }} className={`res${isSelected ? ' sel' : ''}`} onMouseEnter={onSelect} onFocus={onSelect} id={`hit-${hit.id}`}>
      <div className="row wrap">
        <span className="ic idle">
          <Icon name="table" />
        </span>
        <span className="mono b cut name">
          <Marked text={hit.id} spans={hit.highlights.name} />
        </span>
        <span className="sp" />
        <FactBadge group="datasetForYou" fact={hit.access.state} form="tint" />
      </div>
      <p className="dim cut">{hit.description ? <Marked text={hit.description} spans={hit.highlights.description} /> : 'Nobody has described it yet'}</p>
      <div className="row wrap" style={{ gap: '4px 6px' }}>
        <span className="sm faint">
          {plural(hit.columns, 'column')}
          {hit.matched_columns.length > 0 && ', matching'}
        </span>
        {hit.matched_columns.slice(0, fewColumns).map(({ name, ranges }) => (
          <span className="dg" key={name}>
            <Marked text={name} spans={ranges} />
          </span>
        ))}
        {more > 0 && <span className="sm faint">{more} more</span>}
      </div>
      <div className="row wrap sm dim" style={{ gap: '3px 16px' }}>
        <Meta icon="users">{hit.team}</Meta>
        <span className="tn">{brief(hit.rows)} rows</span>
        <Meta icon="clock">
          <When at={hit.fresh_at} form="ago" />
        </Meta>
        <Meta icon={factLook('level', hit.level).icon}>{factLook('level', hit.level).word.toLowerCase()}</Meta>
        {hit.visibility === 'hidden' && <Meta icon="eye-off">hidden</Meta>}
        {hit.state !== 'active' && <StateBadge kind="dataset" state={hit.state} form="plain" />}
      </div>
    </Link>
  );
}
