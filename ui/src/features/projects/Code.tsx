import { Select } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { mergesQuery, type MergeView } from '@/api/delivery';
import { branchesQuery, commitsQuery, filesQuery, pushesQuery } from '@/api/projects';
import { codeText, Digest, Empty, Icon, Line, Loading, Pager, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import { bytes, sentence, spoken } from '@/lib/format';
import { usePage } from '@/lib/paging';
import { Checks } from './Checks';

const icons: Record<string, string> = { folder: 'folder', link: 'link', submodule: 'git-commit' };

function Way({ id, rev, path }: { id: string; rev: string; path: string }) {
  const parts = path.split('/').filter(Boolean);
  return (
    <span className="mono row g4 wrap">
      <Link className="link" to="/projects/$id/code" params={{ id }} search={{ rev }}>
        {id}
      </Link>
      {parts.map((part, at) => (
        <span key={`${part}-${at}`}>
          /{' '}
          <Link className="link" to="/projects/$id/code" params={{ id }} search={{ rev, path: parts.slice(0, at + 1).join('/') }}>
            {part}
          </Link>
        </span>
      ))}
    </span>
  );
}

function Files({ id, rev, path }: { id: string; rev: string; path: string }) {
  const { data: files, error, isPending } = useQuery(filesQuery(id, rev, path));
  const isLong = files && files.kind !== 'folder' && files.text == null;
  return (
    <Panel title={<Way id={id} rev={rev} path={path} />} label="Files" note={files?.commit.subject}>
      {error && <ProblemNote problem={error} />}
      {isPending && <Loading rows={6} />}
      {files?.kind === 'folder' && (
        <table className="t dense" aria-label="Files">
          <tbody>
            {files.entries?.map((entry) => (
              <tr key={entry.name}>
                <td>
                  <span className="row g4">
                    <Icon name={icons[entry.kind] ?? 'file'} size="s" />
                    <Link className="link mono" to="/projects/$id/code" params={{ id }} search={{ rev, path: path ? `${path}/${entry.name}` : entry.name }}>
                      {entry.name}
                    </Link>
                  </span>
                </td>
                <td className="num dim">{entry.size_bytes == null ? '' : bytes(entry.size_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {files?.text != null && (
        <pre className="code" tabIndex={0} style={{ maxHeight: 560, margin: 14 }}>
          {files.text}
        </pre>
      )}
      {isLong && <Empty small title="This file is not text, or is longer than a page shows." why={`${bytes(files.size_bytes)}. Clone the repository to open it.`} />}
    </Panel>
  );
}

function Commits({ id, rev }: { id: string; rev: string }) {
  const { page, from, onPage } = usePage();
  const commits = useQuery({ ...commitsQuery(id, rev, page), placeholderData: keepPreviousData });
  return (
    <Panel title="Commits" note={rev}>
      {commits.error && <ProblemNote problem={commits.error} />}
      {commits.data?.items.map((commit) => (
        <div className="cmt" key={commit.id}>
          <span className="cut">{commit.subject}</span>
          <span className="row g4 sm faint">
            {commit.author.name}, <When at={commit.committed_at} form="ago" /> <span className="sp" /> <Digest value={commit.id} />
          </span>
        </div>
      ))}
      <Pager from={from} shown={commits.data?.items.length ?? 0} total={commits.data?.total} next={commits.data?.next_cursor} onPage={onPage} />
    </Panel>
  );
}

function Merge({ merge }: { merge: MergeView }) {
  const why = merge.state === 'refused' && merge.reason ? sentence(spoken(merge.reason)) : null;
  return (
    <Line
      lead={<Who who={merge.merged_by} bare />}
      title={merge.branch}
      under={
        <>
          <StateBadge kind="merge" state={merge.state} form="plain" />
          {why && <div>{codeText(why)}</div>}
        </>
      }
      when={<When at={merge.ended_at ?? merge.asked_at} form="ago" />}
    />
  );
}

function Merges({ id }: { id: string }) {
  const { page, from, onPage } = usePage();
  const merges = useQuery({ ...mergesQuery(id, page), placeholderData: keepPreviousData });
  return (
    <Panel title="Merges" note="into main">
      {merges.error && <ProblemNote problem={merges.error} />}
      {merges.data?.items.length === 0 && <Empty small title="Nothing has been merged yet." />}
      {merges.data?.items.map((merge) => <Merge key={merge.id} merge={merge} />)}
      <Pager from={from} shown={merges.data?.items.length ?? 0} total={merges.data?.total} next={merges.data?.next_cursor} onPage={onPage} />
    </Panel>
  );
}

function Pushes({ id }: { id: string }) {
  const { page, from, onPage } = usePage();
  const pushes = useQuery({ ...pushesQuery(id, page), placeholderData: keepPreviousData });
  return (
    <Panel title="Pushes" note="on record before they happen">
      {pushes.error && <ProblemNote problem={pushes.error} />}
      {pushes.data?.items.length === 0 && <Empty small title="Nobody has pushed yet." />}
      {pushes.data?.items.map((push) => (
        <Line key={push.id} lead={<Who who={push.pusher ?? 'operator'} bare />} title={push.branch ?? push.reference} under={<StateBadge kind="push" state={push.state} form="plain" />} when={<When at={push.recorded_at} form="ago" />} />
      ))}
      <Pager from={from} shown={pushes.data?.items.length ?? 0} total={pushes.data?.total} next={pushes.data?.next_cursor} onPage={onPage} />
    </Panel>
  );
}

/** The repository: files at a branch, commits, what was merged, and who pushed what. */
export function Code() {
  const { id } = useParams({ from: '/frame/projects/$id' });
  const { rev = 'main', path = '' } = useSearch({ from: '/frame/projects/$id/code' });
  const navigate = useNavigate();
  const branches = useQuery(branchesQuery(id));
  const names = branches.data?.items.map(({ name }) => name) ?? [];
  const choose = (next: string | null) => next && void navigate({ to: '/projects/$id/code', params: { id }, search: { rev: next } });
  return (
    <div className="cols" style={{ ['--side' as string]: '320px' }}>
      <div className="stack">
        <Select aria-label="Branch" w={260} allowDeselect={false} data={names.includes(rev) ? names : [...names, rev]} value={rev} onChange={choose} />
        <Files id={id} rev={rev} path={path} />
      </div>
      <aside className="stack" aria-label="History">
        {names.includes(rev) && <Checks id={id} branch={rev} />}
        <Commits key={rev} id={id} rev={rev} />
        <Merges id={id} />
        <Pushes id={id} />
      </aside>
    </div>
  );
}
