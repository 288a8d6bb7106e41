import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { isSettingUp, type ProjectView, projectsQuery } from '@/api/projects';
import { can, useMe } from '@/api/session';
import { BtnLink, Empty, Loading, PageHead, Pager, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import { DataTable } from '@/components/DataTable';
import { pageAt } from '@/lib/paging';

const columns: ColumnDef<ProjectView, unknown>[] = [
  {
    id: 'name',
    header: 'Project',
    cell: ({ row: { original } }) => (
      <Link className="link" to="/projects/$id" params={{ id: original.id }}>
        {original.name}
      </Link>
    ),
  },
  { id: 'title', header: 'What for', meta: { form: 'wide' }, cell: ({ row }) => <span className="dim">{row.original.title}</span> },
  { id: 'team', header: 'Team', cell: ({ row }) => row.original.team },
  { id: 'owner', header: 'Owner', cell: ({ row }) => <Who who={row.original.owner} /> },
  { id: 'tier', header: 'Tier', meta: { form: 'num' }, cell: ({ row }) => row.original.tier },
  { id: 'state', header: 'State', cell: ({ row }) => <StateBadge kind="instance" state={row.original.state} form="plain" /> },
  { id: 'made', header: 'Made', cell: ({ row }) => <When at={row.original.created_at} form="ago" /> },
];

/** The projects that the viewer may see. */
export function Projects() {
  const me = useMe();
  const navigate = useNavigate();
  const { cursor, from = 0 } = useSearch({ from: '/frame/projects' });
  const projects = useQuery({ ...projectsQuery(cursor), refetchInterval: (query) => (query.state.data?.items.some(isSettingUp) ? 1000 : false) });
  const mayCreate = can(me, 'CreateProject');
  return (
    <>
      <PageHead
        icon="folder"
        kind="Build"
        name="Projects"
        title="Projects"
        actions={
          mayCreate && (
            <BtnLink look="primary" icon="plus" to="/portfolio">
              New project
            </BtnLink>
          )
        }
      />
      <Panel label="Projects">
        {projects.error && <ProblemNote problem={projects.error} onRetry={() => void projects.refetch()} />}
        {projects.isPending ? (
          <Loading rows={4} />
        ) : (
          <DataTable
            label="Projects"
            columns={columns}
            rows={projects.data?.items ?? []}
            rowKey={(project) => project.id}
            isOld={projects.isPlaceholderData}
            empty={
              <Empty
                title="You have no project yet."
                why={mayCreate ? 'A project is a repository made from a template, with three environments, set up in seconds.' : 'Model developers make projects; you see those in which you hold a role.'}
                {...(mayCreate ? { command: 'lockgate project create credit-risk --template tabular-classification --team risk --owner ben' } : {})}
              />
            }
          />
        )}
        <Pager from={from} shown={projects.data?.items.length ?? 0} total={projects.data?.total} next={projects.data?.next_cursor} onPage={(to, at) => void navigate({ to: '/projects', search: pageAt(to, at) })} />
      </Panel>
    </>
  );
}
