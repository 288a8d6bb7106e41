import { useMutation } from '@tanstack/react-query';
import { evaluateNow, monitoringVerbs, type MonitorView, pauseMonitor, resumeMonitor } from '@/api/monitoring';
import { can, useMe } from '@/api/session';
import { Btn, ProblemNote, ReasonButton } from '@/components';
import { roleLine } from '@/frame/TopBar';
import { useLookAgainAtMonitors } from './useMonitor';

/** What may be done to a monitor: look now, pause and resume, change what it reads. */
export function MonitorActs({ monitor, onSettings }: { monitor: MonitorView; onSettings: () => void }) {
  const me = useMe();
  const lookAgain = useLookAgainAtMonitors();
  const evaluate = useMutation({ mutationFn: () => evaluateNow(monitor.id), onSuccess: lookAgain });
  const pause = useMutation({ mutationFn: (reason: string) => pauseMonitor(monitor.id, reason), onSuccess: lookAgain });
  const resume = useMutation({ mutationFn: () => resumeMonitor(monitor.id), onSuccess: lookAgain });
  const isRunning = monitor.last?.state === 'running';
  const isPaused = monitor.state === 'paused';
  const mayPause = can(me, monitoringVerbs.pause);
  const mayEvaluate = can(me, monitoringVerbs.evaluate);
  const problem = evaluate.error ?? resume.error;
  return (
    <div className="stack g8">
      <div className="row wrap">
        {can(me, monitoringVerbs.set) && (
          <Btn icon="adjustments" onClick={onSettings}>
            Settings
          </Btn>
        )}
        {!isPaused && mayPause && (
          <ReasonButton
            label="Pause"
            icon="player-pause"
            act={`Pause ${monitor.endpoint}`}
            question={`Pause the monitor of ${monitor.endpoint}?`}
            consequence="Nobody looks at what is live until it is resumed, and that is said everywhere the monitor is shown. Open breaches and holds stay as they are."
            busyWord="Pausing…"
            busy={pause.isPending}
            problem={pause.error}
            signedAs={roleLine(me)}
            onReason={(reason) => pause.mutate(reason)}
          />
        )}
        {isPaused && monitor.next.action === 'resume_monitor' && (
          <Btn look="primary" icon="player-play" busy={resume.isPending} busyWord="Resuming…" onClick={() => resume.mutate()}>
            Resume
          </Btn>
        )}
        {!isPaused && mayEvaluate && (
          <Btn look="primary" icon="activity-heartbeat" busy={evaluate.isPending || isRunning} busyWord="Evaluating…" onClick={() => evaluate.mutate()}>
            Evaluate now
          </Btn>
        )}
        {!mayEvaluate && !mayPause && <span className="sm faint">Model developers, owners and validators of the project may have it look.</span>}
      </div>
      {problem && <ProblemNote problem={problem} />}
    </div>
  );
}
