import { Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { branchesQuery, filesQuery } from '@/api/projects';
import { type NewRun, startRun } from '@/api/runs';
import { Btn, Panel, ProblemNote } from '@/components';
import { fieldError } from '@/lib/fields';

const typeWords: Record<string, string> = { integer: 'A whole number', number: 'A number', string: 'Text', boolean: 'true or false' };

type Declared = Record<string, { type: string; default?: unknown; description?: string }>;

/** Returns the value that a text stands for, by the parameter's type; a text that does not fit is sent as it is, and refused by name. */
export function valueOf(text: string, type: string): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if ((type === 'integer' || type === 'number') && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  return text;
}

/** Returns the parameters that a pipeline's file declares. */
export function declaredIn(file: string | null | undefined): Declared {
  try {
    const pipeline = JSON.parse(file ?? '{}') as { parameters?: Declared };
    return pipeline.parameters ?? {};
  } catch {
    return {}; // the server says what is wrong with it
  }
}

/** Starts a run of a pipeline in dev: which branch, which pipeline, which parameters. */
export function StartRun({ project, onClose }: { project: string; onClose: () => void }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [revision, setRevision] = useState('main');
  const [chosen, setChosen] = useState<string | null>(null);
  const [texts, setTexts] = useState<Record<string, string>>({});
  const branches = useQuery(branchesQuery(project));
  const folder = useQuery(filesQuery(project, revision, 'pipelines'));
  const names = (folder.data?.entries ?? []).flatMap(({ name }) => (name.endsWith('.json') ? [name.slice(0, -5)] : []));
  const pipeline = chosen ?? names[0] ?? null;
  const file = useQuery({ ...filesQuery(project, revision, `pipelines/${pipeline ?? ''}.json`), enabled: pipeline !== null });
  const declared = declaredIn(file.data?.text);
  const start = useMutation({
    mutationFn: () => {
      const given = Object.entries(texts).filter(([name, text]) => name in declared && text !== '');
      const parameters = Object.fromEntries(given.map(([name, text]) => [name, valueOf(text, declared[name]?.type ?? 'string')]));
      return startRun({ project, environment: 'dev', revision, pipeline: pipeline ?? '', parameters: parameters as NonNullable<NewRun['parameters']> });
    },
    onSuccess: async (run) => {
      await queryClient.invalidateQueries({ queryKey: ['runs'] });
      await navigate({ to: '/runs/$id', params: { id: run.id } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <Panel title="Run a pipeline in dev" padded>
      <form className="form" onSubmit={submit} aria-label="Run a pipeline">
        <div className="pair">
          <Select label="Branch" description="Its newest commit" allowDeselect={false} data={branches.data?.items.map(({ name }) => name) ?? ['main']} value={revision} error={fieldError(start.error, 'revision')} onChange={(next) => next && setRevision(next)} />
          <Select label="Pipeline" description="A file below pipelines/ of that commit" allowDeselect={false} data={names} value={pipeline} error={fieldError(start.error, 'pipeline')} onChange={setChosen} />
        </div>
        {Object.entries(declared).map(([name, { type, default: usual, description }]) => (
          <TextInput key={name} label={name} description={description ?? typeWords[type] ?? type} placeholder={usual === undefined ? '' : String(usual)} value={texts[name] ?? ''} error={fieldError(start.error, name)} onChange={(event) => { const { value } = event.currentTarget; setTexts((old) => ({ ...old, [name]: value })); }} />
        ))}
        {folder.error && <ProblemNote problem={folder.error} />}
        {start.error && <ProblemNote problem={start.error} />}
        <div className="row">
          <Btn type="submit" look="primary" disabled={!pipeline} busy={start.isPending} busyWord="Starting…">
            Run {pipeline ?? 'it'}
          </Btn>
          <Btn look="sub" onClick={onClose}>
            Cancel
          </Btn>
          <span className="sm faint">Steps whose code, inputs and environment are as before are not run again.</span>
        </div>
      </form>
    </Panel>
  );
}
