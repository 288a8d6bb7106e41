import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { liveQuery } from '@/api/evidence';
import { Btn, Empty, Loading, PageHead, Pager, Panel, ProblemNote } from '@/components';
import { KeyPanel } from './KeyPanel';
import { LiveTable } from './LiveTable';
import { fromInput, toInput, utc } from './words';

const environments = ['prod', 'preprod'];

function Filter() {
  const { cursor: _, from: __, ...asked } = useSearch({ from: '/frame/evidence' });
  const navigate = useNavigate({ from: '/evidence' });
  const [moment, setMoment] = useState(asked.at ? toInput(asked.at) : '');
  const [project, setProject] = useState(asked.project ?? '');
  const [environment, setEnvironment] = useState<string | null>(asked.environment ?? null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const at = fromInput(moment);
    void navigate({ search: { ...(at ? { at } : {}), ...(project.trim() ? { project: project.trim() } : {}), ...(environment ? { environment } : {}) } });
  };
  const clear = () => {
    setMoment('');
    setProject('');
    setEnvironment(null);
    void navigate({ search: {} });
  };
  return (
    <form className="row wrap" style={{ alignItems: 'end', marginBottom: 14 }} onSubmit={submit} aria-label="Choose the moment">
      <TextInput type="datetime-local" label="Moment, UTC" value={moment} max={toInput(new Date().toISOString())} onChange={(event) => setMoment(event.currentTarget.value)} />
      <TextInput data-find label="Project" placeholder="any" value={project} onChange={(event) => setProject(event.currentTarget.value)} />
      <Select label="Environment" placeholder="any" clearable clearButtonProps={{ 'aria-label': 'Any environment' }} data={environments} value={environment} onChange={setEnvironment} />
      <Btn type="submit">Show</Btn>
      {Object.keys(asked).length > 0 && (
        <Btn look="sub" onClick={clear}>
          Now, everything
        </Btn>
      )}
    </form>
  );
}

/** What was live on a day, approved by whom; and the key that proves a dossier. */
export function Evidence() {
  const { from = 0, ...asked } = useSearch({ from: '/frame/evidence' });
  const navigate = useNavigate({ from: '/evidence' });
  const live = useQuery(liveQuery(asked));
  const isFiltered = Boolean(asked.project ?? asked.environment);
  const moment = asked.at && toInput(asked.at) ? utc(asked.at) : null;
  return (
    <>
      <PageHead icon="clipboard-check" kind="Govern" name={moment ? `Live on ${moment}` : 'Live now'} title="Evidence" meta="What answered at a moment, from when until when, and who approved it: read from what was recorded then." />
      <Filter key={JSON.stringify([asked.at, asked.project, asked.environment])} />
      <div className="cols">
        <div className="stack">
          <Panel label="What was live">
            {live.error && <ProblemNote problem={live.error} onRetry={() => void live.refetch()} />}
            {live.isPending && <Loading rows={5} />}
            {live.data && !live.error && (
              <LiveTable
                live={live.data.items}
                isOld={live.isPlaceholderData}
                empty={<Empty small title={isFiltered ? 'Nothing of that was live then.' : moment ? 'Nothing was live then that you may see.' : 'Nothing is live that you may see.'} why="A candidate is listed from the moment it went live until another took its place." command={`lockgate evidence live${asked.at ? ` --at ${asked.at}` : ''}`} />}
              />
            )}
            <Pager from={from} shown={live.data?.items.length ?? 0} total={live.data?.total} next={live.data?.next_cursor} onPage={(cursor, start) => void navigate({ search: ({ cursor: _, from: __, ...rest }) => (cursor ? { ...rest, cursor, from: start } : rest) })} />
          </Panel>
        </div>
        <aside className="stack" aria-label="Checking evidence">
          <KeyPanel />
        </aside>
      </div>
    </>
  );
}
