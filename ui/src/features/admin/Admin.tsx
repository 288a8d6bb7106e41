import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { assignmentsQuery, groupsQuery, peopleQuery } from '@/api/admin';
import { PageHead, type Tab, Tabs } from '@/components';

/** Administration: people, groups, roles. */
export function Admin() {
  const { pathname } = useLocation();
  const people = useQuery(peopleQuery);
  const groups = useQuery(groupsQuery);
  const roles = useQuery(assignmentsQuery());
  const tabs: Tab[] = [
    { label: 'People', to: { to: '/admin' }, count: people.data?.total ?? people.data?.items.length ?? null },
    { label: 'Groups', to: { to: '/admin/groups' }, count: groups.data?.items.length ?? null },
    { label: 'Roles', to: { to: '/admin/roles' }, count: roles.data?.total ?? roles.data?.items.length ?? null },
  ];
  const current = pathname.endsWith('/groups') ? 1 : pathname.endsWith('/roles') ? 2 : 0;
  return (
    <>
      <PageHead icon="settings" kind="Govern" name="Administration" title="Administration" />
      <Tabs tabs={tabs} current={current} label="Administration" />
      <div className="stack">
        <Outlet />
      </div>
    </>
  );
}
