import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type AttemptView, keyQuery, logHref, outputHref, type StepView, useLog } from '@/api/runs';
import { Badge, Digest, Empty, Icon, LogView, lookOf, Panel, ProblemNote, StateBadge, When } from '@/components';
import { codeText } from '@/components/codeText';
import { bytes, duration, sentence, shortId, spoken } from '@/lib/format';
import { took } from './RunTable';

/** Parts of a cache key in plain words, where their own are not. */
const partWords: Record<string, string> = { key: 'Form of the key', python: 'Python and packages', outputs: 'Names of the outputs' };

/** Why a step ran: the parts of its cache key beside those of the run before, what changed first. */
function Cause({ run, step }: { run: string; step: StepView }) {
  const [digests, setDigests] = useState(false);
  const key = useQuery({ ...keyQuery(run, step.name), refetchInterval: step.ended_at ? false : 2000 });
  const parts = [...(key.data?.parts ?? [])].sort((a, b) => Number(a.same) - Number(b.same));
  const plain = (value: string | null | undefined) => value?.replace(/^\[(.*)\]$/, '$1').replaceAll('"', '').replaceAll(',', ', ');
  const short = (value: string | null | undefined) => value == null || digests || value.length <= 24;
  const changed = (before: string | null | undefined, after: string | null | undefined) => (short(before) && short(after) ? `${plain(before) ?? 'none'} → ${plain(after) ?? 'none'}` : 'changed');
  return (
    <div>
      <div className="pb">
        <span className="h2">{step.kind === 'cached_from' ? 'Why did this step not run?' : step.started_at ? 'Why did this step run?' : 'Why will this step run?'}</span>
        {key.error && <ProblemNote problem={key.error} />}
        <p style={{ marginTop: 3 }}>{codeText(spoken(key.data?.sentence ?? ''))}</p>
      </div>
      {parts.length > 0 && (
        <div className="scroll" tabIndex={0} role="group" aria-label="Parts of the cache key, scrolls">
          <table className="t dense" aria-label="Parts of the cache key">
            <thead>
              <tr>
                <th scope="col">
                  <span className="vh">Changed</span>
                </th>
                <th scope="col">Part of the key</th>
                <th scope="col" className="num">
                  {key.data?.before ? (
                    <>
                      <Link className="link" to="/runs/$id" params={{ id: key.data.before }}>
                        Run {shortId(key.data.before)}
                      </Link>{' '}
                      → this run
                    </>
                  ) : (
                    'This run'
                  )}
                </th>
              </tr>
            </thead>
            <tbody>
              {parts.map(({ part, before, after, same }) => (
                <tr key={part}>
                  <td>
                    <span className={`ic ${same ? 'good' : 'idle'}`}>
                      <Icon name={same ? 'check' : 'pencil'} />
                    </span>
                  </td>
                  <td className={same ? '' : 'b'}>{partWords[part] ?? sentence(part)}</td>
                  <td className="num">{same ? <span className="dim">same</span> : <b>{key.data?.before ? changed(before, after) : short(after) ? (plain(after) ?? 'none') : 'new'}</b>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="pf">
        CPU, memory, engine and retries never count.
        <button type="button" className="link sm nw" onClick={() => setDigests(!digests)}>
          {digests ? 'Hide the digests' : 'Show the digests'}
        </button>
      </div>
    </div>
  );
}

function Log({ run, step, attempt }: { run: string; step: StepView; attempt: AttemptView | undefined }) {
  const { lines, isLive } = useLog(run, step.name, attempt?.number);
  if (!attempt) {
    return <Empty small title={step.kind === 'cached_from' ? 'It did not have to run.' : 'It has not started.'} why={step.why?.replaceAll('`', '') ?? (step.cached_from ? `Its result is that of run ${shortId(step.cached_from)}.` : undefined)} />;
  }
  return <LogView lines={lines} isLive={isLive} rawHref={logHref(run, step.name, attempt.number)} />;
}

function Made({ run, step }: { run: string; step: StepView }) {
  return (
    <Panel title="Outputs" note={`of ${step.name}`}>
      {step.outputs.length === 0 && <Empty small title="It has made nothing that others can take." />}
      {step.outputs.map(({ name, kind, size_bytes, digest }) => (
        <div className="li" key={name}>
          <span className="ic idle">
            <Icon name={kind === 'folder' ? 'folder' : 'file'} />
          </span>
          <div className="bd">
            <a className="link mono" href={outputHref(run, step.name, name)} download>
              {name}
            </a>
            <div className="sm faint">
              {kind}, {bytes(size_bytes)}
            </div>
          </div>
          <Digest value={digest} />
        </div>
      ))}
    </Panel>
  );
}

function Attempts({ step }: { step: StepView }) {
  return (
    <Panel title="Attempts">
      {step.attempts.length === 0 && <Empty small title={step.kind === 'cached_from' ? 'None was needed: its result was there.' : 'It has not been tried yet.'} />}
      {step.attempts.map((attempt) => (
        <div className="li" key={attempt.id}>
          <div className="bd">
            <span className="row">
              <b>Attempt {attempt.number}</b> <StateBadge kind="attempt" state={attempt.state} form="plain" />
            </span>
            <div className="sm faint">{[attempt.detail, attempt.exit_code != null && attempt.exit_code !== 0 ? `exit code ${attempt.exit_code}` : null, attempt.usage ? `${duration(attempt.usage.cpu_ms ?? 0)} of CPU, ${bytes(attempt.usage.max_rss_bytes)} at most` : null].filter(Boolean).join(' · ')}</div>
          </div>
          <span className="when">
            <When at={attempt.created_at} />
          </span>
        </div>
      ))}
    </Panel>
  );
}

/** One step of a run: its cause and its log side by side, then what it made and how often it was tried. */
export function Step({ run, step, tab }: { run: string; step: StepView; tab?: string | undefined }) {
  const numbered = step.attempts.find(({ number }) => String(number) === tab);
  const attempt = numbered ?? step.attempts.at(-1);
  return (
    <>
      <Panel
        title={step.name}
        note={
          <span className="row">
            {step.kind === 'cached_from' ? <Badge look={{ ...lookOf('step', step.state), icon: 'recycle', word: 'Cached' }} /> : <StateBadge kind="step" state={step.state} fact={step.started_at ? took(step) : null} />}
            {attempt && <span className="dim">attempt {attempt.number}</span>}
          </span>
        }
      >
        {step.state === 'failed' && step.why && <ProblemNote problem={{ status: 0, code: 'runs.step_failed', detail: step.why, hint: attempt?.detail && attempt.detail !== step.why ? attempt.detail : 'its log says more' }} />}
        <div className="why">
          <Cause run={run} step={step} />
          <Log run={run} step={step} attempt={attempt} />
        </div>
      </Panel>
      <div className="cols" style={{ ['--side' as string]: '50%' }}>
        <Made run={run} step={step} />
        <Attempts step={step} />
      </div>
    </>
  );
}
