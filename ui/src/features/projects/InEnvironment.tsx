import { Link } from '@tanstack/react-router';
import type { EnvironmentView } from '@/api/projects';
import { Badge, Env, Icon, lookOf, readPrincipal, StateBadge, When } from '@/components';
import { codeText } from '@/components/codeText';
import { spoken } from '@/lib/format';
import { isProving, offeredAt } from '@/features/release/effects';
import { promotionOf, type Standing } from '@/features/release/flight';
import { openHolds } from '@/features/release/verbs';

/** What is live in an environment, since when; a hold or a stop before anything else. */
function Live({ project, name, at }: { project: string; name: 'preprod' | 'prod'; at: Standing }) {
  const production = at.production.find((one) => one.environment === name);
  const live = production?.live ?? null;
  const candidate = at.candidates.find((one) => one.number === live);
  const since = live == null ? null : promotionOf(at, live, name);
  const held = openHolds(at.holds, name)[0];
  return (
    <>
      <dt>{name === 'prod' ? 'Live' : 'Verified'}</dt>
      <dd>
        {live == null ? (
          <span className="faint">nothing yet</span>
        ) : (
          <>
            <Link className="link" to="/projects/$id/candidates/$number" params={{ id: project, number: String(live) }}>
              {live}
            </Link>
            {candidate && `, ${candidate.model} ${candidate.version}`}
          </>
        )}
      </dd>
      {since && (
        <>
          <dt>Since</dt>
          <dd>
            <When at={since.live_at ?? since.changed_at} />
          </dd>
        </>
      )}
      {production && isProving(production) && (
        <>
          <dt>Answers now</dt>
          <dd>candidate {production.answers}, which has to prove itself</dd>
        </>
      )}
      {production?.suspended && (
        <>
          <dt>Stopped</dt>
          <dd className="bad-text">
            {production.suspended.reason}, by {readPrincipal(production.suspended.by).name}
          </dd>
        </>
      )}
      {held && (
        <>
          <dt>Hold</dt>
          <dd>
            {codeText(spoken(held.reason))}, by {readPrincipal(held.by).name}
          </dd>
        </>
      )}
    </>
  );
}

/** An environment as it stands: what is live in it, how it is kept apart, and what may be done about it. */
export function InEnvironment({ project, environment, at }: { project: string; environment: EnvironmentView; at: Standing }) {
  const { name } = environment;
  const serves = name === 'preprod' || name === 'prod';
  const production = at.production.find((one) => one.environment === name);
  const isUsed = production && (production.live != null || production.answers != null || production.suspended);
  const held = serves && openHolds(at.holds, name).length > 0;
  const badge = production?.suspended ? <Badge form="plain" look={lookOf('endpoint', 'stopped')} /> : held ? <Badge form="plain" look={lookOf('hold', 'placed')} /> : <StateBadge kind="instance" state={environment.state} form="plain" />;
  return (
    <section className="panel" aria-label={`In ${name}`}>
      <div className="ph">
        <h2>
          <Env name={name} of="In" />
        </h2>
        <span className="sp" />
        {badge}
      </div>
      <dl className="kv">
        {serves && <Live project={project} name={name} at={at} />}
        <dt>Reads</dt>
        <dd>
          as its environment;{' '}
          <Link className="link" to="/ask" search={{ for: `environment:${project}/${name}` }}>
            ask for data
          </Link>
        </dd>
        <dt>Isolation</dt>
        <dd>{environment.isolation === 'none' ? <Badge form="plain" look={{ tone: 'warn', icon: 'alert-triangle', word: 'none between steps' }} /> : 'each step in its own sandbox'}</dd>
        {!serves && (
          <>
            <dt>Proven by</dt>
            <dd>
              {environment.smoke_run ? (
                <Link className="link" to="/runs/$id" params={{ id: environment.smoke_run }}>
                  its smoke run
                </Link>
              ) : (
                'not yet'
              )}
            </dd>
          </>
        )}
      </dl>
      <div className="pf">
        {environment.reason ?? (serves && isUsed ? (
          <Link className="link" to="/projects/$id/production" params={{ id: project }} hash={name}>
            {offeredAt(production)}
          </Link>
        ) : (
          <>
            <Icon name="cpu-2" size="s" /> Engine {environment.engine}
          </>
        ))}
      </div>
    </section>
  );
}
