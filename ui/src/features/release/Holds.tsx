import { SegmentedControl, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type HoldView, liftHold, mayNow, placeHold, verbs } from '@/api/release';
import { can, useMe } from '@/api/session';
import { Btn, ConfirmAct, Empty, Env, Icon, Panel, ProblemNote, readPrincipal, ReasonButton, When } from '@/components';
import { codeText } from '@/components/codeText';
import { spoken } from '@/lib/format';
import { HoldBreach } from '@/features/monitors/RedBreaches';
import { roleLine } from '@/frame/TopBar';
import { useLookAgain } from './useStanding';

function Hold({ hold, mayLift }: { hold: HoldView; mayLift: boolean }) {
  const me = useMe();
  const lookAgain = useLookAgain(hold.project);
  const lift = useMutation({ mutationFn: (reason: string) => liftHold(hold.id, reason), onSuccess: lookAgain });
  return (
    <div className="li">
      <span className={`ic ${hold.lifted ? 'idle' : 'warn'}`}>
        <Icon name={hold.lifted ? 'hand-off' : 'hand-stop'} label={hold.lifted ? 'Lifted' : 'Held'} />
      </span>
      <div className="bd">
        <span className="row wrap g4">
          <Env name={hold.environment} of={hold.lifted ? 'Was held:' : 'Held:'} /> <span>{codeText(spoken(hold.reason))}</span>
        </span>
        <div className="sm faint">
          by {readPrincipal(hold.by).name}, <When at={hold.at} />
          {hold.lifted && (
            <>
              ; lifted by {readPrincipal(hold.lifted.by).name} <When at={hold.lifted.at} />: {hold.lifted.reason}
            </>
          )}
        </div>
        {hold.breach && <HoldBreach id={hold.breach} />}
      </div>
      {!hold.lifted && (mayLift || mayNow(hold.next, 'lift')) && (
        <ReasonButton
          size="sm"
          look="plain"
          label="Lift"
          act={`Lift the hold on ${hold.environment}`}
          question={`Lift the hold on ${hold.environment}?`}
          consequence={`What is approved and waits at this gate is rolled out at once; approvals given stay valid. If you do nothing, nothing enters ${hold.environment}.`}
          busyWord="Lifting…"
          busy={lift.isPending}
          problem={lift.error}
          signedAs={roleLine(me)}
          onReason={(reason) => lift.mutate(reason)}
        />
      )}
    </div>
  );
}

function PlaceHold({ project }: { project: string }) {
  const me = useMe();
  const lookAgain = useLookAgain(project);
  const [environment, setEnvironment] = useState<'preprod' | 'prod'>('prod');
  const [reason, setReason] = useState('');
  const place = useMutation({
    mutationFn: () => placeHold(project, environment, reason.trim()),
    onSuccess: async () => {
      setReason('');
      await lookAgain();
    },
  });
  const submit = (event: FormEvent) => event.preventDefault();
  return (
    <form className="pb form" onSubmit={submit} aria-label="Hold a gate">
      <div className="row wrap">
        <SegmentedControl aria-label="Environment to hold" value={environment} onChange={(value) => setEnvironment(value === 'preprod' ? 'preprod' : 'prod')} data={['preprod', 'prod']} />
        <span className="sm faint">Nothing is let into it until the hold is lifted; what is live stays live.</span>
      </div>
      <Textarea label="Reason, shown at the gate" autosize minRows={1} maxRows={6} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      {place.error && <ProblemNote problem={place.error} />}
      <div>
        {reason.trim() ? (
          <ConfirmAct
            act={`Hold ${environment}`}
            question={`Hold ${environment}?`}
            consequence={`No candidate enters ${environment} until somebody lifts it, with a reason. Approvals go on and stay valid; what is live goes on answering. A stop or a roll back is not held.`}
            busy={place.isPending}
            busyWord="Holding…"
            problem={place.error}
            signedAs={roleLine(me)}
            onConfirm={() => place.mutate()}
          />
        ) : (
          <Btn disabled icon="hand-stop">
            Hold {environment}
          </Btn>
        )}
        {!reason.trim() && <span className="sm faint" style={{ marginLeft: 8 }}>Write the reason first.</span>}
      </div>
    </form>
  );
}

/** The holds of a project: those that lie on a gate first, those lifted below; and placing one. */
export function Holds({ project, holds }: { project: string; holds: HoldView[] }) {
  const me = useMe();
  const open = holds.filter((hold) => !hold.lifted);
  const lifted = holds.filter((hold) => hold.lifted);
  const mayLift = can(me, verbs.lift);
  const mayPlace = can(me, verbs.place);
  return (
    <Panel title="Holds" note="nothing enters a gate that is held">
      {open.map((hold) => (
        <Hold key={hold.id} hold={hold} mayLift={mayLift} />
      ))}
      {open.length === 0 && <Empty small title="Nothing is held." why={mayPlace ? 'A hold keeps every candidate out of an environment until it is lifted.' : 'Model validators, change managers, model owners and platform administrators may hold a gate.'} {...(mayPlace ? {} : { command: `lockgate release hold ${project} --environment prod --reason "…"` })} />}
      {mayPlace && <PlaceHold project={project} />}
      {lifted.length > 0 && (
        <details className="pb">
          <summary className="sm">{lifted.length} lifted</summary>
          {lifted.map((hold) => (
            <Hold key={hold.id} hold={hold} mayLift={false} />
          ))}
        </details>
      )}
    </Panel>
  );
}
