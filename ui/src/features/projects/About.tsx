import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { projectQuery } from '@/api/projects';
import { Facts, Loading, Panel, Snippet, When, Who } from '@/components';
import { ProjectClock } from '@/features/clock/ProjectClock';

/** What a project is for, who answers for it, and what it was made from. */
export function About() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const { data: project } = useQuery(projectQuery(id));
  if (!project) return <Loading rows={5} />;
  const track = `export MLFLOW_TRACKING_URI=${new URL(project.clone_url).origin}/mlflow/${project.id}\nexport MLFLOW_TRACKING_TOKEN=…   # a token of yours`;
  return (
    <>
      <Panel title="What it is for" padded>
        <Facts
          items={[
            ['Intended use', project.intended_use],
            ['Prohibited use', project.prohibited_use],
            ['Tier', `${project.tier} (1 is the highest)`],
            ['Model owner', <Who key="o" who={project.owner} />],
            ['Made by', <Who key="m" who={project.created_by} />],
            ['Team', project.team],
            ['Made from', `${project.template}, version ${project.template_version}`],
            ['Made', <When key="c" at={project.created_at} />],
            ['Available', project.available_at ? <When key="a" at={project.available_at} /> : 'not yet'],
          ]}
        />
      </Panel>
      <ProjectClock project={id} />
      <Panel title="Track with mlflow" note="the stock client, nothing to install" padded>
        <Snippet code={track} />
      </Panel>
    </>
  );
}
