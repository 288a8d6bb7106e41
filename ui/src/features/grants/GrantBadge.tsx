import type { GrantView } from '@/api/grants';
import { FactBadge, StateBadge } from '@/components';
import { daysUntil, plural } from '@/lib/format';

/** Says what a grant lets through: "22 columns, 2 masked, some rows". */
export function scopeLine(grant: Pick<GrantView, 'columns' | 'row_filter' | 'kind'>): string {
  if (grant.kind === 'write') return 'publish below it';
  if (grant.kind === 'use') return 'call it';
  const terms = grant.columns.map((column) => column.as);
  const masked = terms.filter((term) => term === 'token' || term === 'null').length;
  const check = terms.filter((term) => term === 'check').length;
  return [plural(terms.length, 'column'), masked && `${masked} masked`, check && `${check} check only`, grant.row_filter.length > 0 && 'some rows'].filter(Boolean).join(', ');
}

/** A grant's state; a live one that ends within two weeks says so. */
export function GrantBadge({ grant, form = 'plain' }: { grant: GrantView; form?: 'plain' | 'tint' }) {
  const left = daysUntil(grant.expires_at);
  if (grant.ends_soon) return <FactBadge group="grant" fact="ends_soon" form={form} word={`${plural(left, 'day')} left`} />;
  return <StateBadge kind="grant" state={grant.state} form={form} />;
}
