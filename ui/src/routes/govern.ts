import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import type { AuditSearch } from '@/api/admin';
import { monitorQuery, type MonitorView } from '@/api/monitoring';
import { shortId } from '@/lib/format';
import { crumbs, frame, paged, type Raw } from './frame';
import { from, text } from './search';

/** Places of those who govern: administration, audit, evidence, the clock, monitors. */
export const admin = createRoute({ getParentRoute: () => frame, path: '/admin', component: lazyRouteComponent(() => import('@/features/admin/Admin'), 'Admin'), staticData: crumbs({ label: 'Administration' }) });
export const people = createRoute({ getParentRoute: () => admin, path: '/', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/admin/People'), 'People') });
export const groups = createRoute({ getParentRoute: () => admin, path: '/groups', component: lazyRouteComponent(() => import('@/features/admin/Groups'), 'Groups') });
export const roles = createRoute({ getParentRoute: () => admin, path: '/roles', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/admin/Roles'), 'Roles') });
export const tokens = createRoute({ getParentRoute: () => frame, path: '/tokens', component: lazyRouteComponent(() => import('@/features/admin/Tokens'), 'Tokens'), staticData: crumbs({ label: 'Tokens' }) });
const outcomes = ['allowed', 'refused', 'failed'] as const;
const outcomeOf = (search: Raw) => {
  const outcome = outcomes.find((word) => word === search['outcome']);
  return outcome ? { outcome } : {};
};
export const audit = createRoute({
  getParentRoute: () => frame,
  path: '/audit',
  validateSearch: (search: Raw): AuditSearch & { from?: number } => ({ ...text(search, 'actor', 'action', 'resource', 'cursor'), ...outcomeOf(search), ...from(search) }),
  component: lazyRouteComponent(() => import('@/features/audit/Audit'), 'Audit'),
  staticData: crumbs({ label: 'Audit log' }),
});
export const evidence = createRoute({
  getParentRoute: () => frame,
  path: '/evidence',
  validateSearch: (search: Raw): { at?: string; project?: string; environment?: string; cursor?: string; from?: number } => ({ ...text(search, 'at', 'project', 'environment'), ...paged(search) }),
  component: lazyRouteComponent(() => import('@/features/evidence/Evidence'), 'Evidence'),
  staticData: crumbs({ label: 'Evidence' }),
});
export const clock = createRoute({ getParentRoute: () => frame, path: '/clock', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/clock/Clock'), 'Clock'), staticData: crumbs({ label: 'Route to live' }) });
export const monitors = createRoute({ getParentRoute: () => frame, path: '/monitors', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/monitors/Monitors'), 'Monitors'), staticData: crumbs({ label: 'Monitors' }) });
export const monitor = createRoute({
  getParentRoute: () => frame,
  path: '/monitors/$id',
  validateSearch: (search: Raw): { breach?: string } => text(search, 'breach'),
  component: lazyRouteComponent(() => import('@/features/monitors/Monitor'), 'Monitor'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Monitors', to: '/monitors' }, { label: shortId(id), named: { read: monitorQuery(id), name: (one: MonitorView) => one.endpoint } }] },
});
