import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { grantQuery, type GrantView } from '@/api/grants';
import { type InboxView, purposeQuery, type PurposeView, requestQuery, type RequestView } from '@/api/requests';
import { readPrincipal } from '@/components/Who';
import { Catalog } from '@/features/catalog/Catalog';
import { shortId } from '@/lib/format';
import { crumbs, frame, paged, type Raw } from './frame';
import { from, text } from './search';

/** Places of data: catalog, lakes, access, worksheet. */
type CatalogSearch = { q?: string; cursor?: string; preview?: string; from?: number; lake?: string; team?: string; level?: string; access?: string };
export const catalog = createRoute({
  getParentRoute: () => frame,
  path: '/catalog',
  validateSearch: (search: Raw): CatalogSearch => ({ ...text(search, 'q', 'cursor', 'preview', 'lake', 'team', 'level', 'access'), ...from(search) }),
  component: Catalog,
  staticData: { crumbs: (_, search) => [{ label: 'Catalog', to: '/catalog' }, ...(search['q'] ? [{ label: String(search['q']) }] : [])] },
});

export const dataset = createRoute({
  getParentRoute: () => frame,
  path: '/datasets/$id',
  component: lazyRouteComponent(() => import('@/features/dataset/Dataset'), 'Dataset'),
  staticData: {
    crumbs: ({ id = '' }) => {
      const [lake = '', ...rest] = id.split('.');
      return [{ label: 'Catalog', to: '/catalog' }, { label: lake, to: '/catalog', search: { lake } }, { label: rest.join('.') }];
    },
  },
});
export const columns = createRoute({ getParentRoute: () => dataset, path: '/', component: lazyRouteComponent(() => import('@/features/dataset/Columns'), 'Columns') });
export const access = createRoute({ getParentRoute: () => dataset, path: '/access', component: lazyRouteComponent(() => import('@/features/dataset/DatasetAccess'), 'DatasetAccess') });
export const versions = createRoute({ getParentRoute: () => dataset, path: '/versions', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/dataset/Versions'), 'Versions') });
export const datasetHistory = createRoute({ getParentRoute: () => dataset, path: '/history', component: lazyRouteComponent(() => import('@/features/dataset/DatasetHistory'), 'DatasetHistory') });

export const lakes = createRoute({ getParentRoute: () => frame, path: '/lakes', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/lakes/Lakes'), 'Lakes'), staticData: crumbs({ label: 'Lakes' }) });
export const lake = createRoute({
  getParentRoute: () => frame,
  path: '/lakes/$id',
  component: lazyRouteComponent(() => import('@/features/lakes/Lake'), 'Lake'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Lakes', to: '/lakes' }, { label: id }] },
});

const inboxSearch = (search: Raw): { view?: InboxView; cursor?: string; from?: number } => {
  const { view } = text(search, 'view');
  return { ...(view === 'waiting' || view === 'mine' || view === 'decided' ? { view } : {}), ...paged(search) };
};
export const inbox = createRoute({ getParentRoute: () => frame, path: '/access', validateSearch: inboxSearch, component: lazyRouteComponent(() => import('@/features/access/Inbox'), 'Inbox') });
export const inboxStart = createRoute({ getParentRoute: () => inbox, path: '/', component: lazyRouteComponent(() => import('@/features/access/InboxStart'), 'InboxStart'), staticData: crumbs({ label: 'Access' }, { label: 'Inbox' }) });
export const request = createRoute({
  getParentRoute: () => inbox,
  path: '/$id',
  component: lazyRouteComponent(() => import('@/features/access/RequestPage'), 'RequestPage'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Access', to: '/access' }, { label: `Request ${shortId(id)}`, named: { read: requestQuery(id), name: (one: RequestView) => `${readPrincipal(one.principal).name} on ${one.object}` } }] },
});
export const ask = createRoute({
  getParentRoute: () => frame,
  path: '/ask',
  validateSearch: (search: Raw): { dataset?: string; kind?: string; object?: string; for?: string; draft?: string } => text(search, 'dataset', 'kind', 'object', 'for', 'draft'),
  component: lazyRouteComponent(() => import('@/features/access/AskForm'), 'AskForm'),
  staticData: crumbs({ label: 'Access', to: '/access' }, { label: 'Ask' }),
});
export const grants = createRoute({
  getParentRoute: () => frame,
  path: '/grants',
  validateSearch: (search: Raw): { view?: string; cursor?: string; from?: number } => ({ ...text(search, 'view', 'cursor'), ...from(search) }),
  component: lazyRouteComponent(() => import('@/features/grants/Grants'), 'Grants'),
  staticData: crumbs({ label: 'Access', to: '/access' }, { label: 'Grants' }),
});
export const grant = createRoute({
  getParentRoute: () => frame,
  path: '/grants/$id',
  component: lazyRouteComponent(() => import('@/features/grants/Grant'), 'Grant'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Access', to: '/access' }, { label: 'Grants', to: '/grants' }, { label: shortId(id), named: { read: grantQuery(id), name: (one: GrantView) => `${readPrincipal(one.principal).name} on ${one.object}` } }] },
});
export const purposes = createRoute({ getParentRoute: () => frame, path: '/purposes', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/purposes/Purposes'), 'Purposes'), staticData: crumbs({ label: 'Access', to: '/access' }, { label: 'Purposes' }) });
export const purpose = createRoute({
  getParentRoute: () => frame,
  path: '/purposes/$id',
  component: lazyRouteComponent(() => import('@/features/purposes/Purpose'), 'Purpose'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Access', to: '/access' }, { label: 'Purposes', to: '/purposes' }, { label: shortId(id), named: { read: purposeQuery(id), name: (one: PurposeView) => one.name } }] },
});

export const worksheet = createRoute({
  getParentRoute: () => frame,
  path: '/worksheet',
  validateSearch: (search: Raw): { dataset?: string } => text(search, 'dataset'),
  component: lazyRouteComponent(() => import('@/features/worksheet/Worksheet'), 'Worksheet'),
  staticData: crumbs({ label: 'Worksheet' }),
});
