import { Link } from '@tanstack/react-router';
import type { CandidateView } from '@/api/release';
import { Digest, Facts, Icon, Ident, Line, Panel, readPrincipal, Who } from '@/components';
import { PurposeLinks } from '../purposes/names';
import { SayWho } from './SayWho';

/** Who made it, so who may not approve it. Names that belong to nobody on record are said: they block no one, and that must be seen. */
export function Authors({ candidate }: { candidate: CandidateView }) {
  return (
    <Panel title="Its authors may not approve it" foot="Administrators are no exception.">
      {candidate.authors.map((author) => (
        <Line key={author.name} lead={author.person ? <Who who={author.person} bare /> : <span className="ic idle"><Icon name="user-off" /></span>} title={author.person ? readPrincipal(author.person).name : author.name} under={author.why} />
      ))}
      {candidate.unmapped.map((name) => (
        <Line key={name} icon="alert-triangle" tone="warn" title={name} under="In its commits, but nobody on record: nobody can approve it before a platform administrator says who it is" act={<SayWho project={candidate.project} author={name} />} />
      ))}
      {candidate.authors.length + candidate.unmapped.length === 0 && <Line icon="user-off" title="No author is on record" />}
    </Panel>
  );
}

/** What a candidate was made of, in words. */
export function MadeOf({ candidate }: { candidate: CandidateView }) {
  return (
    <Panel title="Made of" padded>
      <Facts
        items={[
          ['Model', <span key="m">{candidate.model} {candidate.version}</span>],
          ['Data', candidate.datasets.length > 0 ? <span key="d">{candidate.datasets.map((one) => <span key={one.dataset} style={{ display: 'block' }}><Link className="link" to="/datasets/$id" params={{ id: one.dataset }}><Ident name={one.dataset} /></Link> version {one.version}</span>)}</span> : 'its fixture alone'],
          ['Purposes', candidate.purposes.length > 0 ? <PurposeLinks key="p" ids={candidate.purposes} /> : 'none on record'],
          ['Run', <Link key="r" className="link" to="/runs/$id" params={{ id: candidate.run }}>the run of main that made it</Link>],
        ]}
      />
    </Panel>
  );
}

/** Digests stand last, for signing and for the auditor. */
export function Digests({ candidate }: { candidate: CandidateView }) {
  return (
    <details className="panel">
      <summary>
        Digests <span>for signing and for the auditor</span>
      </summary>
      <div className="pb">
        <Facts
          items={[
            ['Candidate', <Digest key="c" value={candidate.digest} />],
            ['Commit', <Digest key="k" value={candidate.commit} />],
          ]}
        />
      </div>
    </details>
  );
}
