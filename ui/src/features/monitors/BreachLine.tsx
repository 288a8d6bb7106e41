import { useMutation } from '@tanstack/react-query';
import { acknowledgeBreach, type BreachView, monitoringVerbs, muteBreach, resolveBreach } from '@/api/monitoring';
import { can, useMe } from '@/api/session';
import { Icon, lookOf, readPrincipal, ReasonButton, StateBadge, When } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { day, plural } from '@/lib/format';
import { MuteBreach } from './MuteBreach';
import { useLookAgainAtMonitors } from './useMonitor';
import { breachLine, breachVerbs, isMuted } from './words';

const said = (word: string, answered: { by: string; reason: string } | null | undefined) => answered && `${word} by ${readPrincipal(answered.by).name}: ${answered.reason}`;

/** Returns what people and the monitor said about a breach, the last first. */
export function answersOf(breach: BreachView): string[] {
  const muted = isMuted(breach) && breach.muted ? `muted until ${day(breach.muted.until)} by ${readPrincipal(breach.muted.by).name}: ${breach.muted.reason}` : null;
  return [said('resolved', breach.resolved), muted, said('acknowledged', breach.acknowledged)].filter((line): line is string => Boolean(line));
}

/** A breach: how bad, what, since when, how often found, what was said of it, and what may be done. */
export function BreachLine({ breach, isChosen = false }: { breach: BreachView; isChosen?: boolean }) {
  const me = useMe();
  const lookAgain = useLookAgainAtMonitors();
  const acknowledge = useMutation({ mutationFn: (reason: string) => acknowledgeBreach(breach.id, reason), onSuccess: lookAgain });
  const resolve = useMutation({ mutationFn: (reason: string) => resolveBreach(breach.id, reason), onSuccess: lookAgain });
  const mute = useMutation({ mutationFn: ([until, reason]: [string, string]) => muteBreach(breach.id, until, reason), onSuccess: lookAgain });
  const verbs = breachVerbs(breach, { acknowledge: true, resolve: true, mute: can(me, monitoringVerbs.mute) });
  const severity = lookOf('severity', breach.severity);
  const isOver = breach.state === 'resolved';
  const what = breachLine(breach);
  return (
    <div className={`li${isChosen ? ' chosen' : ''}`} id={breach.id}>
      <span className={`ic ${isOver ? 'idle' : severity.tone}`}>
        <Icon name={isOver ? 'circle-check' : severity.icon} />
      </span>
      <div className="bd">
        <span className="row wrap g4">
          <span className="m">{what}</span>
          <StateBadge kind="severity" state={breach.severity} form={isOver ? 'plain' : 'tint'} />
          <StateBadge kind="breach" state={breach.state} form="plain" fact={isMuted(breach) ? 'muted' : null} />
        </span>
        <div className="sm faint">
          Candidate {breach.candidate} in {breach.endpoint}; found {breach.count === 1 ? 'once' : plural(breach.count, 'time')}, first <When at={breach.first_seen_at} />, last <When at={breach.last_seen_at} />
        </div>
        {answersOf(breach).map((line) => (
          <div className="sm dim" key={line}>{line}</div>
        ))}
      </div>
      <span className="row wrap g4">
        {verbs.includes('acknowledge') && (
          <ReasonButton
            size="sm"
            look="plain"
            label="Acknowledge"
            act="Acknowledge this breach"
            question={`Acknowledge: ${what}?`}
            consequence="You say that somebody looks after it, and how. It stays until an evaluation finds it within its limit, or until it is resolved. If you do nothing, it stays open."
            busyWord="Acknowledging…"
            busy={acknowledge.isPending}
            problem={acknowledge.error}
            signedAs={roleLine(me)}
            onReason={(reason) => acknowledge.mutate(reason)}
          />
        )}
        {verbs.includes('resolve') && (
          <ReasonButton
            size="sm"
            look="plain"
            label="Resolve"
            act="Resolve this breach"
            question={`Resolve: ${what}?`}
            consequence="It is over by your word. Where the number is still beyond its limit, the next evaluation raises another breach. A hold that it placed stays until somebody lifts it."
            busyWord="Resolving…"
            busy={resolve.isPending}
            problem={resolve.error}
            signedAs={roleLine(me)}
            onReason={(reason) => resolve.mutate(reason)}
          />
        )}
        {verbs.includes('mute') && <MuteBreach what={what} busy={mute.isPending} problem={mute.error} signedAs={roleLine(me)} onMute={(until, reason) => mute.mutate([until, reason])} />}
      </span>
    </div>
  );
}
