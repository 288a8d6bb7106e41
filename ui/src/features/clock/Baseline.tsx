import { FileButton } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { baselineQuery, importBaseline } from '@/api/evidence';
import { problemOf } from '@/api/client';
import { can, useMe } from '@/api/session';
import { Btn, Empty, Facts, Loading, Panel, ProblemNote, Snippet, When, Who } from '@/components';
import { plural, words } from '@/lib/format';
import { stageName } from './words';

const header = 'stage,value,unit,n,definition_from,definition_to,source';

function Import() {
  const queryClient = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const send = useMutation({
    mutationFn: async (chosen: File) => {
      const text = await chosen.text().catch((failure: unknown) => {
        throw problemOf(failure);
      });
      return importBaseline(text);
    },
    onSuccess: () => {
      setFile(null);
      return queryClient.invalidateQueries({ queryKey: ['clock'] });
    },
  });
  const choose = (chosen: File | null) => {
    send.reset();
    setFile(chosen);
  };
  return (
    <div className="stack g8">
      <div className="row wrap">
        <FileButton onChange={choose} accept=".csv,text/csv" inputProps={{ 'aria-label': 'Baseline as CSV' }}>
          {(props) => (
            <Btn icon="file" {...props}>
              {file ? 'Choose another file' : 'Choose a CSV file'}
            </Btn>
          )}
        </FileButton>
        {file && (
          <Btn look="tint" icon="upload" busy={send.isPending} busyWord="Importing…" onClick={() => send.mutate(file)}>
            Import {file.name}
          </Btn>
        )}
      </div>
      <p className="sm dim">{file ? 'It is compared with from now on, for everybody, in place of the one before. The same file again changes nothing.' : 'Its first line:'}</p>
      {!file && <Snippet code={header} />}
      {send.error && <ProblemNote problem={send.error} />}
    </div>
  );
}

/** What it took before: the baseline that counts, and importing another. */
export function Baseline() {
  const me = useMe();
  const baseline = useQuery(baselineQuery);
  const mayImport = can(me, 'ImportBaseline');
  const view = baseline.data;
  return (
    <Panel title="What it took before" padded>
      <div className="stack g8">
        {baseline.error && <ProblemNote problem={baseline.error} onRetry={() => void baseline.refetch()} />}
        {baseline.isPending && <Loading rows={2} />}
        {view === null && <Empty small title="No baseline was imported." why="With one, each stage stands beside what it took before." command="lockgate clock import FILE" />}
        {view && (
          <Facts
            items={[
              ['Imported', <When key="w" at={view.imported_at} />],
              ['By', <Who key="b" who={view.imported_by} />],
              ...view.lines.map((line, at): [string, string] => [`${stageName(line.stage)}${view.lines.findIndex((one) => one.stage === line.stage) === at ? '' : ` (${at + 1})`}`, `${line.value} ${words(line.unit)}, ${plural(line.n, 'case')}, ${line.source}${line.same_definition ? '' : '; defined differently'}`]),
            ]}
          />
        )}
        {mayImport ? <Import /> : <p className="sm faint">Platform administrators and model owners import a baseline.</p>}
      </div>
    </Panel>
  );
}
