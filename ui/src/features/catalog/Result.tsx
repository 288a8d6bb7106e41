import { Link } from '@tanstack/react-router';
import type { Hit, YourAccess } from '@/api/datasets';
import { Badge, Icon, Meta, When } from '@/components';
import { facts } from '@/components/facts';
import { brief, daysUntil, plural } from '@/lib/format';
import { Marked } from './Marked';

/** What the viewer may do with a dataset, in one badge. */
export function AccessBadge({ access, form = 'tint' }: { access: YourAccess; form?: 'tint' | 'plain' }) {
  if (access.state === 'readable' && access.until && daysUntil(access.until) <= 14) {
    return <Badge form={form} look={{ ...facts.grant.ends_soon, word: `Your grant ends in ${plural(daysUntil(access.until), 'day')}` }} />;
  }
  const look = facts.datasetForYou[access.state === 'scheduled' ? 'asked' : access.state];
  return <Badge form={form} look={access.text ? { ...look, word: access.text } : look} />;
}

const fewColumns = 3;

/** A search result in three lines: name and your access, what it is, which columns match, whose and how fresh. */
export function Result({ hit, query, isSelected, onSelect }: { hit: Hit; query: string; isSelected: boolean; onSelect: () => void }) {
  const more = hit.matched_columns.length - fewColumns;
  return (
    <Link to="/datasets/$id" params={{ id: hit.id }} className={`res${isSelected ? ' sel' : ''}`} onMouseEnter={onSelect} onFocus={onSelect} id={`hit-${hit.id}`}>
      <div className="row wrap">
        <span className="ic idle">
          <Icon name="table" />
        </span>
        <span className="mono b cut name">
          <Marked text={hit.id} query={query} />
        </span>
        <span className="sp" />
        <AccessBadge access={hit.access} />
      </div>
      <p className="dim cut">{hit.description ? <Marked text={hit.description} query={query} /> : 'Nobody has described it yet'}</p>
      <div className="row wrap" style={{ gap: '4px 6px' }}>
        <span className="sm faint">
          {plural(hit.columns, 'column')}
          {hit.matched_columns.length > 0 && ', matching'}
        </span>
        {hit.matched_columns.slice(0, fewColumns).map((name) => (
          <span className="dg" key={name}>
            <Marked text={name} query={query} />
          </span>
        ))}
        {more > 0 && <span className="sm faint">{more} more</span>}
      </div>
      <div className="row wrap sm dim" style={{ gap: '3px 16px' }}>
        <Meta icon="users">{hit.team}</Meta>
        {hit.rows != null && <span className="tn">{brief(hit.rows)} rows</span>}
        {hit.fresh_at && (
          <Meta icon="clock">
            <When at={hit.fresh_at} form="ago" />
          </Meta>
        )}
        <span>{hit.sensitive > 0 ? `${hit.sensitive} sensitive` : 'nothing sensitive'}</span>
        {hit.visibility === 'hidden' && <Meta icon="eye-off">hidden</Meta>}
        {hit.state !== 'active' && <span>{hit.state}</span>}
      </div>
    </Link>
  );
}
