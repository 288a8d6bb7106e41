import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { MergeView } from '@/api/delivery';
import type { CommitView } from '@/api/projects';
import type { ReleaseView } from '@/api/release';
import { runQuery } from '@/api/runs';
import type { Problem } from '@/api/types';
import { Badge, Icon, lookOf, ProblemNote, When } from '@/components';
import { codeText } from '@/components/codeText';
import { checkName, reasonsOf } from '@/features/release/metrics';
import { sentence, shortId, spoken, words } from '@/lib/format';

function Steps({ run }: { run: string }) {
  const { data } = useQuery({ ...runQuery(run), refetchInterval: 1500 });
  return (data?.steps ?? []).map((step) => {
    const look = lookOf('step', step.state);
    return (
      <div className={look.tone === 'idle' ? 'chk todo' : 'chk'} key={step.name}>
        <span className={`ic ${look.tone}`}>
          <Icon name={look.icon} label={look.word} />
        </span>
        <span className="cut">{sentence(words(step.name))}</span>
        <span className="v">{look.tone === 'idle' ? '' : look.word}</span>
      </div>
    );
  });
}

/** The newest run of `main` as *preprod*: its steps while it runs, then how it was judged, and why nothing was cut. */
export function MainPipeline({ project, release }: { project: string; release: ReleaseView | null }) {
  const look = release ? lookOf('release', release.state) : { tone: 'idle' as const, icon: 'circle-dashed', word: 'No run yet' };
  const why = release && release.state !== 'cut' ? reasonsOf(release.checks) : [];
  return (
    <section className={`panel gp ${look.tone}`} aria-label="Main pipeline">
      <div className="ph">
        <h2>Main pipeline</h2>
        <span className="sp" />
        {release?.run && (
          <Link className="link sm" to="/runs/$id" params={{ id: release.run }}>
            {shortId(release.run)}
          </Link>
        )}
      </div>
      {release?.state === 'running' && release.run && <Steps run={release.run} />}
      {release &&
        release.state !== 'running' &&
        release.checks.map((check) => {
          const verdict = lookOf('verdict', check.verdict);
          return (
            <div className="chk" key={check.name}>
              <span className={`ic ${verdict.tone}`}>
                <Icon name={verdict.icon} label={verdict.word} />
              </span>
              <span className="two-lines">{checkName(check.name)}</span>
              <span className="v">{check.verdict === 'failed' ? 'failed' : check.verdict === 'not_computable' ? 'no value' : ''}</span>
            </div>
          );
        })}
      {!release && <p className="pb dim">The first merge to main trains as preprod, on the sources.</p>}
      {release && (release.state === 'not_cut' || release.state === 'failed') && (
        <div className="pb">
          <ul className="why-lines">
            {(why.length > 0 ? why.map(({ text }) => text) : [release.reason ?? 'It ended without a candidate']).map((line) => (
              <li key={line}>{codeText(sentence(spoken(line)))}</li>
            ))}
          </ul>
        </div>
      )}
      <div className="pf">
        {release?.candidate != null ? (
          <Link className="plainlink" to="/projects/$id/candidates/$number" params={{ id: project, number: String(release.candidate) }}>
            <Badge form="plain" look={{ ...look, word: `Cut candidate ${release.candidate}` }} />
          </Link>
        ) : (
          <Badge form="plain" look={look} />
        )}
      </div>
    </section>
  );
}

/** What was merged last, by whom and when; a commit that came with another one, by who wrote it. */
export function Merged({ project, commits, merged, problem }: { project: string; commits: CommitView[]; merged: MergeView[]; problem: Problem | null }) {
  const mergeOf = (commit: CommitView) => merged.find((one) => one.commit === commit.id);
  return (
    <section className="panel" aria-label="Merged to main">
      <div className="ph">
        <h2>Merged to main</h2>
      </div>
      {commits.slice(0, 3).map((commit) => (
        <div className="cmt" key={commit.id}>
          <span className="cut">{commit.subject}</span>
          <span className="row g4 sm faint">
            {mergeOf(commit)?.merged_by ?? commit.author.name}, <When at={mergeOf(commit)?.ended_at ?? commit.committed_at} />
          </span>
        </div>
      ))}
      {commits.length === 0 && !problem && <p className="pb dim">Nothing was merged beyond the template.</p>}
      {problem && <ProblemNote problem={problem} />}
      <div className="pf">
        <Link className="link" to="/projects/$id/code" params={{ id: project }}>
          Browse the repository
        </Link>
      </div>
    </section>
  );
}
