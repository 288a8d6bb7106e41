import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import type { ProjectClock, StageOfProject } from '@/api/evidence';
import { Badge } from '@/components';
import { DataTable } from '@/components/DataTable';
import { SplitBar } from './SplitBar';
import { splitOf, stageName, stages, took } from './words';

const running = { tone: 'working', icon: 'hourglass', word: 'still running' } as const;

/** How long a project's stage took, with what it was spent on. */
export function StageCell({ project, stage }: { project: string; stage: StageOfProject | undefined }) {
  if (stage?.seconds == null) {
    return <span className="sm faint" title={stage?.note ?? undefined}>not measured</span>;
  }
  return (
    <div className="stack" style={{ gap: 3, minWidth: 96 }}>
      <span className="tn m">{took(stage)}</span>
      <SplitBar split={splitOf(stage)} label={`${stageName(stage.stage)} of ${project}`} />
      {stage.open && <Badge form="plain" look={running} />}
    </div>
  );
}

const columns: ColumnDef<ProjectClock, unknown>[] = [
  {
    id: 'project',
    header: 'Project',
    cell: ({ row: { original } }) => (
      <>
        <Link className="link" to="/projects/$id/about" params={{ id: original.project }}>
          {original.project}
        </Link>
        <div className="sm dim">{original.title}</div>
      </>
    ),
  },
  ...stages.map((name): ColumnDef<ProjectClock, unknown> => ({ id: name, header: stageName(name), cell: ({ row }) => <StageCell project={row.original.project} stage={row.original.stages.find((one) => one.stage === name)} /> })),
];

/** Each project's way to live, a column for each stage. */
export function Projects({ projects, isOld, empty }: { projects: ProjectClock[]; isOld: boolean; empty: ReactNode }) {
  return <DataTable label="Projects, stage by stage" columns={columns} rows={projects} rowKey={(one) => one.project} isOld={isOld} empty={empty} />;
}
