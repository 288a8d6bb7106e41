import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type TemplateView, templateQuery, templatesQuery } from '@/api/projects';
import { can, useMe } from '@/api/session';
import { Btn, Empty, Icon, Loading, PageHead, Panel, ProblemNote } from '@/components';
import { NewProject } from './NewProject';

function Template({ template, onTake }: { template: TemplateView; onTake: (() => void) | null }) {
  const [isOpen, setOpen] = useState(false);
  const whole = useQuery({ ...templateQuery(template.name), enabled: isOpen });
  return (
    <Panel
      title={template.title}
      note={`${template.name}, version ${template.versions[0] ?? '–'}`}
      padded
      right={
        onTake && (
          <Btn look="tint" size="sm" icon="plus" onClick={onTake}>
            Make a project of it
          </Btn>
        )
      }
    >
      <p className="dim">{template.description}</p>
      <details onToggle={(event) => setOpen(event.currentTarget.open)} style={{ marginTop: 8 }}>
        <summary className="sm">What it brings</summary>
        {whole.error && <ProblemNote problem={whole.error} />}
        <ul className="dot" style={{ marginTop: 8 }}>
          {whole.data?.files.map((file) => (
            <li key={file}>
              <span className="ic idle">
                <Icon name="file" />
              </span>
              <span className="mono">{file}</span>
            </li>
          ))}
        </ul>
      </details>
    </Panel>
  );
}

/** The portfolio: what a team can make by itself. */
export function Portfolio() {
  const me = useMe();
  const [taken, setTaken] = useState<TemplateView | null>(null);
  const templates = useQuery(templatesQuery);
  const mayCreate = can(me, 'CreateProject');
  return (
    <>
      <PageHead icon="template" kind="Build" name="Portfolio" title="Portfolio" meta={<span>What a team can make by itself: approved beforehand, set up in seconds, the same for everyone</span>} />
      <div className="stack">
        {taken && <NewProject template={taken} onClose={() => setTaken(null)} />}
        {templates.error && <ProblemNote problem={templates.error} onRetry={() => void templates.refetch()} />}
        {templates.isPending && <Loading rows={3} />}
        {templates.data?.items.map((template) => (
          <Template key={template.name} template={template} onTake={mayCreate && taken?.name !== template.name ? () => setTaken(template) : null} />
        ))}
        {templates.data?.items.length === 0 && (
          <Panel label="Templates">
            <Empty title="This portfolio is empty." why="The server was built without templates." />
          </Panel>
        )}
        {!mayCreate && <p className="sm faint">Model developers make projects. A platform administrator gives that role.</p>}
      </div>
    </>
  );
}
