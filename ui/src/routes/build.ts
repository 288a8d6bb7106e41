import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { runQuery, type RunView } from '@/api/runs';
import { type ExperimentRun, experimentQuery, experimentRunQuery, type ExperimentView, modelQuery, type ModelView, versionQuery, type VersionView } from '@/api/tracking';
import { shortId } from '@/lib/format';
import { crumbs, frame, paged, type Raw } from './frame';
import { text } from './search';

/** Places where models are built, released and used: projects, runs, experiments, models. */
export const portfolio = createRoute({ getParentRoute: () => frame, path: '/portfolio', component: lazyRouteComponent(() => import('@/features/projects/Portfolio'), 'Portfolio'), staticData: crumbs({ label: 'Portfolio' }) });
export const projects = createRoute({ getParentRoute: () => frame, path: '/projects', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/projects/Projects'), 'Projects'), staticData: crumbs({ label: 'Projects' }) });
export const project = createRoute({
  getParentRoute: () => frame,
  path: '/projects/$id',
  component: lazyRouteComponent(() => import('@/features/projects/Project'), 'Project'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Projects', to: '/projects' }, { label: id }] },
});
export const flight = createRoute({ getParentRoute: () => project, path: '/', component: lazyRouteComponent(() => import('@/features/projects/FlightTab'), 'FlightTab') });
export const projectRuns = createRoute({ getParentRoute: () => project, path: '/runs', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/runs/Runs'), 'ProjectRuns') });
export const code = createRoute({ getParentRoute: () => project, path: '/code', validateSearch: (search: Raw): { rev?: string; path?: string } => text(search, 'rev', 'path'), component: lazyRouteComponent(() => import('@/features/projects/Code'), 'Code') });
export const about = createRoute({ getParentRoute: () => project, path: '/about', component: lazyRouteComponent(() => import('@/features/projects/About'), 'About') });
export const candidates = createRoute({ getParentRoute: () => project, path: '/candidates', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/release/Candidates'), 'Candidates') });
export const production = createRoute({ getParentRoute: () => project, path: '/production', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/release/Production'), 'Production') });
export const batches = createRoute({ getParentRoute: () => project, path: '/batches', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/batches/Batches'), 'Batches') });
export const monitoring = createRoute({ getParentRoute: () => project, path: '/monitoring', component: lazyRouteComponent(() => import('@/features/monitors/Monitors'), 'ProjectMonitoring') });
export const gates = createRoute({ getParentRoute: () => project, path: '/gates', component: lazyRouteComponent(() => import('@/features/release/Gates'), 'Gates') });
export const candidate = createRoute({
  getParentRoute: () => frame,
  path: '/projects/$id/candidates/$number',
  component: lazyRouteComponent(() => import('@/features/release/Candidate'), 'Candidate'),
  staticData: { crumbs: ({ id = '', number = '' }) => [{ label: 'Projects', to: '/projects' }, { label: id, to: `/projects/${id}` }, { label: `Candidate ${number}` }] },
});
export const review = createRoute({
  getParentRoute: () => frame,
  path: '/projects/$id/candidates/$number/into/$environment',
  component: lazyRouteComponent(() => import('@/features/release/Review'), 'Review'),
  staticData: { crumbs: ({ id = '', number = '', environment = '' }) => [{ label: 'Projects', to: '/projects' }, { label: id, to: `/projects/${id}` }, { label: `Candidate ${number}`, to: `/projects/${id}/candidates/${number}` }, { label: `Into ${environment}` }] },
});
export const endpoints = createRoute({ getParentRoute: () => frame, path: '/endpoints', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/release/Endpoints'), 'Endpoints'), staticData: crumbs({ label: 'Endpoints' }) });
export const runs = createRoute({ getParentRoute: () => frame, path: '/runs', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/runs/Runs'), 'Runs'), staticData: crumbs({ label: 'Runs' }) });
export const run = createRoute({
  getParentRoute: () => frame,
  path: '/runs/$id',
  validateSearch: (search: Raw): { step?: string; tab?: string; view?: 'table' } => ({ ...text(search, 'step', 'tab'), ...(search['view'] === 'table' ? { view: 'table' as const } : {}) }),
  component: lazyRouteComponent(() => import('@/features/runs/Run'), 'Run'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Runs', to: '/runs' }, { label: shortId(id), named: { read: runQuery(id), name: (one: RunView) => `${one.pipeline}, ${shortId(one.id)}` } }] },
});
export const experiments = createRoute({ getParentRoute: () => frame, path: '/experiments', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/tracking/Experiments'), 'Experiments'), staticData: crumbs({ label: 'Experiments' }) });
export const experiment = createRoute({
  getParentRoute: () => frame,
  path: '/experiments/$id',
  validateSearch: (search: Raw): { filter?: string; by?: string; down?: boolean; cursor?: string; from?: number } => ({ ...text(search, 'filter', 'by'), ...(search['down'] === true ? { down: true } : {}), ...paged(search) }),
  component: lazyRouteComponent(() => import('@/features/tracking/Experiment'), 'Experiment'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Experiments', to: '/experiments' }, { label: 'Experiment', named: { read: experimentQuery(id), name: (one: ExperimentView) => one.name } }] },
});
export const experimentRun = createRoute({
  getParentRoute: () => frame,
  path: '/experiment-runs/$id',
  component: lazyRouteComponent(() => import('@/features/tracking/ExperimentRun'), 'ExperimentRun'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Experiments', to: '/experiments' }, { label: `Run ${id.slice(-6)}`, named: { read: experimentRunQuery(id), name: (one: ExperimentRun) => one.name } }] },
});
export const models = createRoute({ getParentRoute: () => frame, path: '/models', validateSearch: paged, component: lazyRouteComponent(() => import('@/features/tracking/Models'), 'Models'), staticData: crumbs({ label: 'Models' }) });
export const liveModels = createRoute({
  getParentRoute: () => frame,
  path: '/models/live',
  validateSearch: (search: Raw): { q?: string; cursor?: string; from?: number } => ({ ...text(search, 'q'), ...paged(search) }),
  component: lazyRouteComponent(() => import('@/features/live/LiveModels'), 'LiveModels'),
  staticData: crumbs({ label: 'Live models' }),
});
export const liveModel = createRoute({
  getParentRoute: () => frame,
  path: '/models/live/$endpoint',
  component: lazyRouteComponent(() => import('@/features/live/LiveModel'), 'LiveModel'),
  staticData: { crumbs: ({ endpoint = '' }) => [{ label: 'Live models', to: '/models/live' }, { label: endpoint }] },
});
export const model = createRoute({
  getParentRoute: () => frame,
  path: '/models/$id',
  component: lazyRouteComponent(() => import('@/features/tracking/Model'), 'Model'),
  staticData: { crumbs: ({ id = '' }) => [{ label: 'Models', to: '/models' }, { label: 'Model', named: { read: modelQuery(id), name: (one: ModelView) => one.name } }] },
});
export const version = createRoute({
  getParentRoute: () => frame,
  path: '/models/$id/$version',
  component: lazyRouteComponent(() => import('@/features/tracking/Model'), 'Version'),
  staticData: { crumbs: ({ id = '', version: number = '' }) => [{ label: 'Models', to: '/models' }, { label: 'Model', to: `/models/${id}`, named: { read: versionQuery(id, Number(number)), name: (one: VersionView) => one.name } }, { label: `Version ${number}` }] },
});
