import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { endpointQuery, type EndpointView, type RolloutView } from '@/api/serving';
import { Empty, Env, Icon, Loading, NextStrip, ProblemNote, readPrincipal, Snippet, StateBadge, When } from '@/components';
import { count, sentence, spoken } from '@/lib/format';
import { Captured } from './Captured';
import { isProving, trafficOf } from './effects';
import { type ActsProps, ProductionActs } from './ProductionActs';

/** A rollout in two lines. What was asked for shows its state only while something else answers. */
function Rollout({ rollout, asked = false, settled = false }: { rollout: RolloutView | null | undefined; asked?: boolean; settled?: boolean }) {
  if (!rollout) return <span className="faint">nothing</span>;
  return (
    <>
      <span className="row wrap g4">
        <b className="m">
          {rollout.model} {rollout.version}
        </b>
        {!settled && <StateBadge kind="rollout" state={rollout.state} form="plain" />}
      </span>
      <div className="sm faint">
        {asked ? 'asked for ' : 'answers since '}
        <When at={asked ? rollout.created_at : (rollout.served_at ?? rollout.changed_at)} />
        {asked && ` by ${readPrincipal(rollout.started_by).name}`}
        {rollout.back_to && ', brings back what served before'}
      </div>
    </>
  );
}

/** Three facts apart: what was asked for, what answers, how the last rollout ended. One that was rolled back never looks like success. */
function ThreeFacts({ endpoint }: { endpoint: EndpointView }) {
  const { last_rollout: last } = endpoint;
  return (
    <div className="three-facts">
      <div>
        <div className="lab">Requested</div>
        <Rollout rollout={endpoint.requested} asked settled={!!endpoint.stopped || endpoint.requested?.id === endpoint.serving?.id} />
      </div>
      <div>
        <div className="lab">Serving</div>
        {endpoint.stopped ? <StateBadge kind="endpoint" state="stopped" form="plain" /> : <Rollout rollout={endpoint.serving} />}
      </div>
      <div>
        <div className="lab">Last rollout</div>
        {last ? (
          <>
            <StateBadge kind="rollout" state={last.outcome} word={last.outcome === 'serving' ? 'Reached serving' : 'Failed'} form="plain" />
            <div className="sm faint">
              <When at={last.at} />
              {last.reason && <span className="bad-text">: {spoken(sentence(last.reason))}</span>}
            </div>
          </>
        ) : (
          <span className="faint">none yet</span>
        )}
      </div>
    </div>
  );
}

function CallIt({ endpoint }: { endpoint: EndpointView }) {
  const inputs = (endpoint.columns.length > 0 ? ['record_id', ...endpoint.columns] : endpoint.inputs.map((input) => input.name)).slice(0, 3);
  const fields = inputs.map((name) => `{"name":"${name}","shape":[1],"datatype":"…","data":[…]}`).join(',\n  ');
  return (
    <details>
      <summary className="sm">How to call it</summary>
      <div style={{ marginTop: 8 }}>
        <Snippet code={`curl -H "Authorization: Bearer $LOCKGATE_TOKEN" ${endpoint.url}/infer \\\n  -d '{"inputs":[\n  ${fields}]}'`} note="or any client of the Open Inference Protocol" />
      </div>
    </details>
  );
}

/** Who takes the traffic, in one sentence. */
function Traffic({ project, production, moving, isFailing }: Pick<ActsProps, 'project' | 'production' | 'moving'> & { isFailing: boolean }) {
  const traffic = trafficOf(production, moving, isFailing);
  if (!traffic) return null;
  const { candidate, does, until, then } = traffic;
  return (
    <p>
      {candidate != null && (
        <Link className="link m" to="/projects/$id/candidates/$number" params={{ id: project, number: String(candidate) }}>
          Candidate {candidate}
        </Link>
      )}{' '}
      <span className="dim">
        {does}
        {until && (
          <>
            {' '}
            <When at={until} />
          </>
        )}
        {then}
      </span>
    </p>
  );
}

/** An endpoint of a project: who takes the traffic, the three facts, and the acts, the stop button among them. */
export function EndpointPanel({ project, production, moving, resuming }: ActsProps) {
  const { environment, live, answers, suspended } = production;
  const id = production.endpoint;
  const isUsed = live != null || answers != null || suspended != null;
  const endpoint = useQuery({ ...endpointQuery(id), enabled: isUsed || production.next.tone === 'working', refetchInterval: (query) => (query.state.data?.state === 'waiting' || query.state.data?.requested?.state === 'loading' ? 1000 : 5000) });
  const isEmpty = !isUsed && !moving && production.resumable.length === 0 && !endpoint.data;
  const isFailing = endpoint.data?.state === 'failing';
  const tone = suspended || isFailing ? 'bad' : isProving(production) ? 'working' : isUsed ? 'good' : 'idle';
  return (
    <section className={`panel gp ${tone}`} aria-label={`In ${environment}`} id={environment}>
      <div className="ph">
        <h2>
          <Env name={environment} of="In" />
        </h2>
        <span className="faint cut">{id}</span>
        <span className="sp" />
        <StateBadge kind="endpoint" state={suspended ? 'stopped' : (endpoint.data?.state ?? (isUsed ? 'serving' : 'empty'))} form="plain" />
      </div>
      {isEmpty ? (
        <Empty small title={`Nothing is live in ${environment}.`} why={environment === 'preprod' ? 'A candidate that goes through this gate is called here by the repository’s own tests.' : 'What was verified in preprod is let in here by those whom the gate names.'} command={`lockgate release promote ${project} 1 --into ${environment}`} />
      ) : (
        <>
          <div className="pb stack g8">
            <Traffic project={project} production={production} moving={moving} isFailing={isFailing} />
            {suspended && (
              <p className="stopnote">
                <Icon name="hand-stop" />
                <span>
                  <b>Stopped by {readPrincipal(suspended.by).name}</b> <When at={suspended.at} />: “{suspended.reason}”
                </span>
              </p>
            )}
            {endpoint.data && <ThreeFacts endpoint={endpoint.data} />}
            {endpoint.isPending && endpoint.fetchStatus !== 'idle' && <Loading rows={2} />}
            {endpoint.error && endpoint.error.status !== 404 && <ProblemNote problem={endpoint.error} />}
            {endpoint.data?.calls && (
              <p className="sm dim">
                Since its process started: {count(endpoint.data.calls.answered)} calls answered, {count(endpoint.data.calls.refused)} refused, {count(endpoint.data.calls.captured)} written down
                {endpoint.data.calls.dropped > 0 && <span className="bad-text">, {count(endpoint.data.calls.dropped)} not written down</span>}
              </p>
            )}
            {endpoint.data && <Captured capture={endpoint.data.capture} />}
            {endpoint.data?.url && !suspended && <CallIt endpoint={endpoint.data} />}
            {production.next.tone !== 'good' && !(suspended && production.next.tone === 'bad') && <NextStrip next={production.next} />}
          </div>
          <div className="pf wrap">
            <ProductionActs project={project} production={production} moving={moving} resuming={resuming} />
          </div>
        </>
      )}
    </section>
  );
}
