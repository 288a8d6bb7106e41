import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { Home } from '@/features/home/Home';
import { type Crumb } from '@/frame/Crumbs';
import { Frame } from '@/frame/Frame';
import { NotFound, PageFault } from '@/frame/Lost';
import { from, text } from './search';

export type Raw = Record<string, unknown>;
/** The places that others stand in: the frame, signing in, home, the reference. */
export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

export const signIn = createRoute({ getParentRoute: () => root, path: '/sign-in', validateSearch: (search: Raw): { to?: string } => text(search, 'to'), component: lazyRouteComponent(() => import('@/features/session/SignIn'), 'SignIn') });
export const link = createRoute({ getParentRoute: () => root, path: '/link', component: lazyRouteComponent(() => import('@/features/session/RedeemLink'), 'RedeemLink') });

export const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame, notFoundComponent: () => <NotFound />, errorComponent: PageFault });
/** What a place shows above its title: the way to it. */
export const crumbs = (...way: Crumb[]) => ({ crumbs: () => way });

export const home = createRoute({ getParentRoute: () => frame, path: '/', component: Home, staticData: crumbs({ label: 'Home' }) });

/** Where a page of a list begins. */
export const paged = (search: Raw): { cursor?: string; from?: number } => ({ ...text(search, 'cursor'), ...from(search) });
export const docs = createRoute({ getParentRoute: () => frame, path: '/docs', component: lazyRouteComponent(() => import('@/features/docs/Docs'), 'Docs'), staticData: crumbs({ label: 'API reference' }) });
export const lost = createRoute({ getParentRoute: () => frame, path: '$', component: () => <NotFound />, staticData: crumbs({ label: 'Not found' }) });
