import { skipToken, useQuery } from '@tanstack/react-query';
import { Link, useMatches } from '@tanstack/react-router';
import { Fragment } from 'react';
import { Icon } from '@/components';

/** One step of the way here. `named` reads what it is called from what the page has read; until then, and without, its label stands. */
export type Crumb = { label: string; to?: string; search?: Record<string, unknown>; named?: { read: { queryKey: readonly unknown[]; queryFn?: unknown }; name: (data: never) => string | undefined } };

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Says the way to this page, from its parameters. */
    crumbs?: (params: Record<string, string>, search: Record<string, unknown>) => Crumb[];
  }
}

function Label({ crumb: { label, named } }: { crumb: Crumb }) {
  // Never fetches: the page itself reads its object.
  const { data } = useQuery<unknown>({ queryKey: named?.read.queryKey ?? ['unnamed'], queryFn: (named?.read.queryFn as undefined) ?? skipToken, enabled: false });
  return <>{(data != null && named?.name(data as never)) || label}</>;
}

/** The way to this page, as links. */
export function Crumbs() {
  const matches = useMatches();
  const last = matches.findLast((match) => match.staticData.crumbs);
  const crumbs = last?.staticData.crumbs?.(last.params as Record<string, string>, last.search as Record<string, unknown>) ?? [];
  return (
    <nav className="crumb" aria-label="Breadcrumb">
      {crumbs.map((crumb, at) => (
        <Fragment key={crumb.label}>
          {at > 0 && <Icon name="chevron-right" size="s" />}
          {at === crumbs.length - 1 ? (
            <b className="cut"><Label crumb={crumb} /></b>
          ) : crumb.to ? (
            <Link to={crumb.to} search={crumb.search as never}>
              <Label crumb={crumb} />
            </Link>
          ) : (
            <span>{crumb.label}</span>
          )}
        </Fragment>
      ))}
    </nav>
  );
}
