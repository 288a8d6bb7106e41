import { Link, useMatches } from '@tanstack/react-router';
import { Fragment } from 'react';
import { Icon } from '@/components';

/** One step of the way here. */
export type Crumb = { label: string; to?: string; search?: Record<string, unknown> };

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** Says the way to this page, from its parameters. */
    crumbs?: (params: Record<string, string>, search: Record<string, unknown>) => Crumb[];
  }
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
            <b className="cut">{crumb.label}</b>
          ) : crumb.to ? (
            <Link to={crumb.to} search={crumb.search as never}>
              {crumb.label}
            </Link>
          ) : (
            <span>{crumb.label}</span>
          )}
        </Fragment>
      ))}
    </nav>
  );
}
