import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import type { AuditSearch } from '@/api/admin';
import type { InboxView } from '@/api/requests';
import { Catalog } from '@/features/catalog/Catalog';
import { Home } from '@/features/home/Home';
import { type Crumb } from '@/frame/Crumbs';
import { Frame } from '@/frame/Frame';
import { NotFound, PageFault } from '@/frame/Lost';
import { shortId } from '@/lib/format';
import { from, text } from './search';
type Raw = Record<string, unknown>;
const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', validateSearch: (search: Raw): { to?: string } => text(search, 'to'), component: lazyRouteComponent(() => import('@/features/session/SignIn'), 'SignIn') });
const link = createRoute({ getParentRoute: () => root, path: '/link', component: lazyRouteComponent(() => import('@/features/session/RedeemLink'), 'RedeemLink') });

const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame, notFoundComponent: () => <NotFound />, errorComponent: PageFault });
const crumbs = (...way: Crumb[]) => ({ crumbs: () => way });

const home = createRoute({ getParentRoute: () => frame, path: '/', component: Home, staticData: crumbs({ label: 'Home' }) });

type CatalogSearch = { q?: string; cursor?: string; preview?: string; from?: number; lake?: string; team?: string; level?: string; access?: string };
const catalog = createRoute({
  getParentRoute: () => frame,
  path: '/catalog',
  validateSearch: (search: Raw): CatalogSearch => ({ ...text(search, 'q', 'cursor', 'preview', 'lake', 'team', 'level', 'access'), ...from(search) }),
  component: Catalog,
  staticData: { crumbs: (_, search) => [{ label: 'Catalog', to: '/catalog' }, ...(search['q'] ? [{ label: String(search['q']) }] : [])] },
});

const dataset = createRoute({
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
const columns = createRoute({ getParentRoute: () => dataset, path: '/', component: lazyRouteComponent(() => import('@/features/dataset/Columns'), 'Columns') });
const access = createRoute({ getParentRoute: () => dataset, path: '/access', component: lazyRouteComponent(() => import('@/features/dataset/DatasetAccess'), 'DatasetAccess') });
const versions = createRoute({ getParentRoute: () => dataset, path: '/versions', component: lazyRouteComponent(() => import('@/features/dataset/Versions'), 'Versions') });

const lakes = createRoute({ getParentRoute: () => frame, path: '/lakes', component: lazyRouteComponent(() => import('@/features/lakes/Lakes'), 'Lakes'), staticData: crumbs({ label: 'Lakes' }) });
const lake = createRoute({
  getParentRoute: () => frame,
  path: '/lakes/$id',
  component: lazyRouteComponent(() => import('@/features/lakes/Lake'), 'Lake'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Lakes', to: '/lakes' }, { label: id }] },
});

const inboxSearch = (search: Raw): { view?: InboxView } => {
  const { view } = text(search, 'view');
  return view === 'waiting' || view === 'mine' || view === 'decided' ? { view } : {};
};
const inbox = createRoute({ getParentRoute: () => frame, path: '/access', validateSearch: inboxSearch, component: lazyRouteComponent(() => import('@/features/access/Inbox'), 'Inbox') });
const inboxStart = createRoute({ getParentRoute: () => inbox, path: '/', component: lazyRouteComponent(() => import('@/features/access/InboxStart'), 'InboxStart'), staticData: crumbs({ label: 'Access' }, { label: 'Inbox' }) });
const request = createRoute({
  getParentRoute: () => inbox,
  path: '/$id',
  component: lazyRouteComponent(() => import('@/features/access/RequestPage'), 'RequestPage'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Access', to: '/access' }, { label: `Request ${shortId(id)}` }] },
});
const ask = createRoute({
  getParentRoute: () => frame,
  path: '/ask',
  validateSearch: (search: Raw): { dataset?: string; kind?: string; object?: string } => text(search, 'dataset', 'kind', 'object'),
  component: lazyRouteComponent(() => import('@/features/access/AskForm'), 'AskForm'),
  staticData: crumbs({ label: 'Access', to: '/access' }, { label: 'Ask' }),
});
const grants = createRoute({
  getParentRoute: () => frame,
  path: '/grants',
  validateSearch: (search: Raw): { view?: string; cursor?: string; from?: number } => ({ ...text(search, 'view', 'cursor'), ...from(search) }),
  component: lazyRouteComponent(() => import('@/features/grants/Grants'), 'Grants'),
  staticData: crumbs({ label: 'Access', to: '/access' }, { label: 'Grants' }),
});
const grant = createRoute({
  getParentRoute: () => frame,
  path: '/grants/$id',
  component: lazyRouteComponent(() => import('@/features/grants/Grant'), 'Grant'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Access', to: '/access' }, { label: 'Grants', to: '/grants' }, { label: shortId(id) }] },
});
const purposes = createRoute({ getParentRoute: () => frame, path: '/purposes', component: lazyRouteComponent(() => import('@/features/purposes/Purposes'), 'Purposes'), staticData: crumbs({ label: 'Access', to: '/access' }, { label: 'Purposes' }) });
const purpose = createRoute({
  getParentRoute: () => frame,
  path: '/purposes/$id',
  component: lazyRouteComponent(() => import('@/features/purposes/Purpose'), 'Purpose'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Access', to: '/access' }, { label: 'Purposes', to: '/purposes' }, { label: id }] },
});

const worksheet = createRoute({
  getParentRoute: () => frame,
  path: '/worksheet',
  validateSearch: (search: Raw): { dataset?: string } => text(search, 'dataset'),
  component: lazyRouteComponent(() => import('@/features/worksheet/Worksheet'), 'Worksheet'),
  staticData: crumbs({ label: 'Worksheet' }),
});

const paged = (search: Raw): { cursor?: string; from?: number } => ({ ...text(search, 'cursor'), ...from(search) });
const portfolio = createRoute({ getParentRoute: () => frame, path: '/portfolio', component: lazyRouteComponent(() => import('@/features/projects/Portfolio'), 'Portfolio'), staticData: crumbs({ label: 'Portfolio' }) });
const projects = createRoute({ getParentRoute: () => frame, path: '/projects', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/projects/Projects'), 'Projects'), staticData: crumbs({ label: 'Projects' }) });
const project = createRoute({
  getParentRoute: () => frame,
  path: '/projects/$id',
  component: lazyRouteComponent(() => import('@/features/projects/Project'), 'Project'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Projects', to: '/projects' }, { label: id }] },
});
const flight = createRoute({ getParentRoute: () => project, path: '/', component: lazyRouteComponent(() => import('@/features/projects/FlightTab'), 'FlightTab') });
const projectRuns = createRoute({ getParentRoute: () => project, path: '/runs', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/runs/Runs'), 'ProjectRuns') });
const code = createRoute({ getParentRoute: () => project, path: '/code', validateSearch: (search: Raw): { rev?: string; path?: string } => text(search, 'rev', 'path'), component: lazyRouteComponent(() => import('@/features/projects/Code'), 'Code') });
const about = createRoute({ getParentRoute: () => project, path: '/about', component: lazyRouteComponent(() => import('@/features/projects/About'), 'About') });
const candidates = createRoute({ getParentRoute: () => project, path: '/candidates', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/release/Candidates'), 'Candidates') });
const production = createRoute({ getParentRoute: () => project, path: '/production', component: lazyRouteComponent(() => import('@/features/release/Production'), 'Production') });
const batches = createRoute({ getParentRoute: () => project, path: '/batches', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/batches/Batches'), 'Batches') });
const monitoring = createRoute({ getParentRoute: () => project, path: '/monitoring', component: lazyRouteComponent(() => import('@/features/monitors/Monitors'), 'ProjectMonitoring') });
const gates = createRoute({ getParentRoute: () => project, path: '/gates', component: lazyRouteComponent(() => import('@/features/release/Gates'), 'Gates') });
const candidate = createRoute({
  getParentRoute: () => frame,
  path: '/projects/$id/candidates/$number',
  component: lazyRouteComponent(() => import('@/features/release/Candidate'), 'Candidate'),
  staticData: { crumbs: ({ id = '', number = '' }) => [{ label: 'Projects', to: '/projects' }, { label: id, to: `/projects/${id}` }, { label: `Candidate ${number}` }] },
});
const review = createRoute({
  getParentRoute: () => frame,
  path: '/projects/$id/candidates/$number/into/$environment',
  component: lazyRouteComponent(() => import('@/features/release/Review'), 'Review'),
  staticData: { crumbs: ({ id = '', number = '', environment = '' }) => [{ label: 'Projects', to: '/projects' }, { label: id, to: `/projects/${id}` }, { label: `Candidate ${number}`, to: `/projects/${id}/candidates/${number}` }, { label: `Into ${environment}` }] },
});
const endpoints = createRoute({ getParentRoute: () => frame, path: '/endpoints', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/release/Endpoints'), 'Endpoints'), staticData: crumbs({ label: 'Endpoints' }) });
const runs = createRoute({ getParentRoute: () => frame, path: '/runs', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/runs/Runs'), 'Runs'), staticData: crumbs({ label: 'Runs' }) });
const run = createRoute({
  getParentRoute: () => frame,
  path: '/runs/$id',
  validateSearch: (search: Raw): { step?: string; tab?: string; view?: 'table' } => ({ ...text(search, 'step', 'tab'), ...(search['view'] === 'table' ? { view: 'table' as const } : {}) }),
  component: lazyRouteComponent(() => import('@/features/runs/Run'), 'Run'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Runs', to: '/runs' }, { label: shortId(id) }] },
});
const experiments = createRoute({ getParentRoute: () => frame, path: '/experiments', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/tracking/Experiments'), 'Experiments'), staticData: crumbs({ label: 'Experiments' }) });
const experiment = createRoute({
  getParentRoute: () => frame,
  path: '/experiments/$id',
  validateSearch: (search: Raw): { filter?: string; by?: string; down?: boolean; cursor?: string; from?: number } => ({ ...text(search, 'filter', 'by'), ...(search['down'] === true ? { down: true } : {}), ...paged(search) }),
  component: lazyRouteComponent(() => import('@/features/tracking/Experiment'), 'Experiment'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Experiments', to: '/experiments' }, { label: shortId(id) }] },
});
const experimentRun = createRoute({
  getParentRoute: () => frame,
  path: '/experiment-runs/$id',
  component: lazyRouteComponent(() => import('@/features/tracking/ExperimentRun'), 'ExperimentRun'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Experiments', to: '/experiments' }, { label: `Run ${id.slice(-6)}` }] },
});
const models = createRoute({ getParentRoute: () => frame, path: '/models', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/tracking/Models'), 'Models'), staticData: crumbs({ label: 'Models' }) });
const liveModels = createRoute({
  getParentRoute: () => frame,
  path: '/models/live',
  validateSearch: (search: Raw): { q?: string; cursor?: string; from?: number } => ({ ...text(search, 'q'), ...paged(search) }),
  component: lazyRouteComponent(() => import('@/features/live/LiveModels'), 'LiveModels'),
  staticData: crumbs({ label: 'Live models' }),
});
const liveModel = createRoute({
  getParentRoute: () => frame,
  path: '/models/live/$endpoint',
  component: lazyRouteComponent(() => import('@/features/live/LiveModel'), 'LiveModel'),
  staticData: { crumbs: ({ endpoint = '' }) => [{ label: 'Live models', to: '/models/live' }, { label: endpoint }] },
});
const model = createRoute({
  getParentRoute: () => frame,
  path: '/models/$id',
  component: lazyRouteComponent(() => import('@/features/tracking/Model'), 'Model'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Models', to: '/models' }, { label: shortId(id) }] },
});
const version = createRoute({
  getParentRoute: () => frame,
  path: '/models/$id/$version',
  component: lazyRouteComponent(() => import('@/features/tracking/Model'), 'Version'),
  staticData: { crumbs: ({ id = '', version: number = '' }) => [{ label: 'Models', to: '/models' }, { label: shortId(id) }, { label: `Version ${number}` }] },
});

const admin = createRoute({ getParentRoute: () => frame, path: '/admin', component: lazyRouteComponent(() => import('@/features/admin/Admin'), 'Admin'), staticData: crumbs({ label: 'Administration' }) });
const people = createRoute({ getParentRoute: () => admin, path: '/', component: lazyRouteComponent(() => import('@/features/admin/People'), 'People') });
const groups = createRoute({ getParentRoute: () => admin, path: '/groups', component: lazyRouteComponent(() => import('@/features/admin/Groups'), 'Groups') });
const roles = createRoute({ getParentRoute: () => admin, path: '/roles', component: lazyRouteComponent(() => import('@/features/admin/Roles'), 'Roles') });
const tokens = createRoute({ getParentRoute: () => frame, path: '/tokens', component: lazyRouteComponent(() => import('@/features/admin/Tokens'), 'Tokens'), staticData: crumbs({ label: 'Tokens' }) });
const outcomes = ['allowed', 'refused', 'failed'] as const;
const outcomeOf = (search: Raw) => {
  const outcome = outcomes.find((word) => word === search['outcome']);
  return outcome ? { outcome } : {};
};
const audit = createRoute({
  getParentRoute: () => frame,
  path: '/audit',
  validateSearch: (search: Raw): AuditSearch & { from?: number } => ({ ...text(search, 'actor', 'action', 'resource', 'cursor'), ...outcomeOf(search), ...from(search) }),
  component: lazyRouteComponent(() => import('@/features/audit/Audit'), 'Audit'),
  staticData: crumbs({ label: 'Audit log' }),
});
const evidence = createRoute({
  getParentRoute: () => frame,
  path: '/evidence',
  validateSearch: (search: Raw): { at?: string; project?: string; environment?: string; cursor?: string; from?: number } => ({ ...text(search, 'at', 'project', 'environment'), ...paged(search) }),
  component: lazyRouteComponent(() => import('@/features/evidence/Evidence'), 'Evidence'),
  staticData: crumbs({ label: 'Evidence' }),
});
const clock = createRoute({ getParentRoute: () => frame, path: '/clock', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/clock/Clock'), 'Clock'), staticData: crumbs({ label: 'Route to live' }) });
const monitors = createRoute({ getParentRoute: () => frame, path: '/monitors', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/monitors/Monitors'), 'Monitors'), staticData: crumbs({ label: 'Monitors' }) });
const monitor = createRoute({
  getParentRoute: () => frame,
  path: '/monitors/$id',
  validateSearch: (search: Raw): { breach?: string } => text(search, 'breach'),
  component: lazyRouteComponent(() => import('@/features/monitors/Monitor'), 'Monitor'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Monitors', to: '/monitors' }, { label: shortId(id) }] },
});
const docs = createRoute({ getParentRoute: () => frame, path: '/docs', component: lazyRouteComponent(() => import('@/features/docs/Docs'), 'Docs'), staticData: crumbs({ label: 'API reference' }) });
const lost = createRoute({ getParentRoute: () => frame, path: '$', component: () => <NotFound />, staticData: crumbs({ label: 'Not found' }) });

/** Every place of the product. */
export const tree = root.addChildren([
  signIn,
  link,
  frame.addChildren([
    home, catalog, lakes, lake, ask, grants, grant, purposes, purpose, worksheet, tokens, audit, evidence, clock, monitors, monitor, docs, lost,
    portfolio, projects, runs, run, experiments, experiment, experimentRun, models, liveModels, liveModel, model, version, candidate, review, endpoints,
    project.addChildren([flight, candidates, production, batches, monitoring, gates, projectRuns, code, about]),
    dataset.addChildren([columns, access, versions]),
    inbox.addChildren([inboxStart, request]),
    admin.addChildren([people, groups, roles]),
  ]),
]);
