import { Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { unreachableCode } from '@/api/client';
import { chainQuery, waitingQuery } from '@/api/frame';
import { redBreachesQuery } from '@/api/monitoring';
import { decisionsQuery } from '@/api/release';
import { can, meQuery, signOut, type Viewer } from '@/api/session';
import { Loading, ProblemNote } from '@/components';
import { instant } from '@/lib/format';
import { useKeys, useSequenceStart } from '@/lib/keys';
import { ConnectionStrip } from './ConnectionStrip';
import { KeyMap } from './KeyMap';
import { type ChainState, type Places, Rail } from './Rail';
import { TopBar } from './TopBar';

/** Returns the places of the rail that exist for this person. */
export function placesFor(me: Viewer, requests: number | undefined, promotions: number | undefined, breaches = 0): Places {
  const waits = (requests ?? 0) + (promotions ?? 0) + breaches;
  return [
    { places: [{ label: 'Home', icon: 'device-desktop', to: '/', waits }] },
    {
      heading: 'Discover',
      places: [
        { label: 'Catalog', icon: 'database', to: '/catalog' },
        { label: 'Live models', icon: 'heartbeat', to: '/models/live' },
        { label: 'Lakes', icon: 'ripple', to: '/lakes' },
        { label: 'Access', icon: 'key', to: '/access', waits: requests },
        { label: 'Worksheet', icon: 'terminal-2', to: '/worksheet' },
      ],
    },
    {
      heading: 'Build',
      places: [
        { label: 'Portfolio', icon: 'template', to: '/portfolio' },
        { label: 'Projects', icon: 'folder', to: '/projects' },
        { label: 'Runs', icon: 'player-play', to: '/runs' },
        { label: 'Experiments', icon: 'flask', to: '/experiments' },
      ],
    },
    {
      heading: 'Release',
      places: [
        { label: 'Models', icon: 'box', to: '/models' },
        { label: 'Endpoints', icon: 'server-2', to: '/endpoints' },
      ],
    },
    { heading: 'Operate', places: [{ label: 'Monitors', icon: 'activity-heartbeat', to: '/monitors' }] },
    {
      heading: 'Govern',
      places: [
        { label: 'Route to live', icon: 'route', to: '/clock' },
        ...(can(me, 'ReadAuditEntry') ? [{ label: 'Audit', icon: 'file-certificate', to: '/audit' as const }] : []),
        { label: 'Evidence', icon: 'clipboard-check', to: '/evidence' },
        ...(can(me, 'CreatePerson', 'ChangeMembers', 'AssignRole') ? [{ label: 'Administration', icon: 'settings', to: '/admin' as const }] : []),
        { label: 'API reference', icon: 'api', to: '/docs' },
      ],
    },
  ];
}

function useChain(me: Viewer): ChainState | null {
  const { data } = useQuery({ ...chainQuery, enabled: can(me, 'ExportAudit') });
  if (!data) return null;
  const text = data.intact ? 'Audit chain intact' : 'Audit chain broken';
  return { intact: data.intact, text, checkpoint: data.checkpoint ? instant(data.checkpoint.at) : null };
}

/** The frame around every page of a signed-in person. */
function Signed({ me }: { me: Viewer }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [menu, { open: openMenu, close: closeMenu }] = useDisclosure(false);
  const [keyMap, { open: openKeys, close: closeKeys }] = useDisclosure(false);
  const find = useRef<HTMLInputElement>(null);
  const { pathname } = useLocation();
  const { data: waiting, failureReason, dataUpdatedAt } = useQuery(waitingQuery);
  const { data: promotions } = useQuery(decisionsQuery);
  const { data: breaches } = useQuery(redBreachesQuery);
  const groups = placesFor(me, waiting?.total ?? undefined, promotions?.total ?? promotions?.items.length, breaches?.length);
  const chain = useChain(me);
  useSequenceStart('g');
  const keys = useMemo(() => {
    const go = (to: string) => () => void navigate({ to });
    return {
      'g h': go('/'), 'g c': go('/catalog'), 'g l': go('/lakes'), 'g a': go('/access'), 'g w': go('/worksheet'), 'g p': go('/projects'), 'g r': go('/runs'), 'g m': go('/monitors'),
      '?': openKeys,
      '/': () => (document.querySelector<HTMLInputElement>('[data-find]') ?? find.current)?.focus(),
    };
  }, [navigate, openKeys]);
  useKeys(keys);
  const leave = async () => {
    await signOut().catch(() => undefined);
    queryClient.clear();
    await navigate({ to: '/sign-in', search: {} });
  };
  return (
    <div className="app">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Rail groups={groups} chain={chain} />
      <div style={{ minWidth: 0 }}>
        <TopBar me={me} find={find} showFind={pathname !== '/catalog'} onMenu={openMenu} onKeys={openKeys} onSignOut={() => void leave()} />
        <main className="page" id="main" tabIndex={-1}>
          {failureReason?.code === unreachableCode && <ConnectionStrip since={dataUpdatedAt} />}
          <Outlet />
        </main>
      </div>
      <Drawer opened={menu} onClose={closeMenu} size={260} padding={0} withCloseButton={false} attributes={{ content: { 'aria-label': 'Navigation' } }} classNames={{ body: 'drawer' }}>
        <Rail groups={groups} chain={chain} onGo={closeMenu} />
      </Drawer>
      <KeyMap opened={keyMap} onClose={closeKeys} />
    </div>
  );
}

/** Waits for who is signed in; sends strangers to the sign-in page and brings them back. */
export function Frame() {
  const me = useQuery(meQuery);
  const { href } = useLocation();
  if (me.data) return <Signed me={me.data} />;
  // The frame still stands while the sign-in page loads: going there again from there would never end.
  if (me.error?.status === 401 && href.startsWith('/sign-in')) return <Loading rows={3} />;
  if (me.error?.status === 401) return <Navigate to="/sign-in" search={href === '/' ? {} : { to: href }} replace />;
  if (me.error) {
    return (
      <main className="gate-page">
        <ProblemNote problem={me.error} onRetry={() => void me.refetch()} />
      </main>
    );
  }
  return <Loading rows={3} />;
}
