import { Link } from '@tanstack/react-router';
import type { ReleaseView } from '@/api/release';
import { Empty, Icon, lookOf, StateBadge, When } from '@/components';
import { codeText } from '@/components/codeText';
import { sentence, spoken } from '@/lib/format';
import { reasonsOf } from './metrics';

function ReleaseRun({ project, release }: { project: string; release: ReleaseView }) {
  const look = lookOf('release', release.state);
  const why = reasonsOf(release.checks);
  return (
    <div className="li rel">
      <span className={`ic ${look.tone}`}>
        <Icon name={look.icon} />
      </span>
      <div className="bd">
        <span className="m">{release.subject || 'A merge to main'}</span>
        <div className="sm faint row g4 wrap">
          <When at={release.started_at} form="ago" />
          {release.run && (
            <Link className="link" to="/runs/$id" params={{ id: release.run }}>
              Its run
            </Link>
          )}
        </div>
        {release.state !== 'cut' && release.reason && why.length === 0 && <p className="dim">{codeText(sentence(spoken(release.reason)))}</p>}
        {why.length > 0 && (
          <ul className="dot why-not">
            {why.map(({ text, verdict }) => (
              <li key={text}>
                <span className={`ic ${lookOf('verdict', verdict).tone}`}>
                  <Icon name={lookOf('verdict', verdict).icon} label={lookOf('verdict', verdict).word} />
                </span>
                <span>{text}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      {release.candidate != null ? (
        <Link className="plainlink" to="/projects/$id/candidates/$number" params={{ id: project, number: String(release.candidate) }}>
          <StateBadge kind="release" state={release.state} word={`Candidate ${release.candidate}`} form="plain" />
        </Link>
      ) : (
        <StateBadge kind="release" state={release.state} form="plain" />
      )}
    </div>
  );
}

/** Runs of `main` as *preprod*, the newest first, and why nothing was cut: metric, value, limit. */
export function ReleaseRuns({ project, releases }: { project: string; releases: ReleaseView[] }) {
  if (releases.length === 0) return <Empty small title="main has not been trained as preprod yet." why="Every merge does it: train, export, compare, judge, and cut a candidate if all required checks pass." command={`lockgate project merge ${project} my-change`} />;
  return releases.map((release) => <ReleaseRun key={release.commit} project={project} release={release} />);
}
