/** What an act on an endpoint does at once, what follows from a promotion, and who answers meanwhile: in sentences. */
import type { ProductionView, PromotionView } from '@/api/release';
import type { ProductionAct } from './verbs';

type There = Pick<ProductionView, 'environment' | 'live' | 'answers' | 'back_to' | 'suspended'>;

/** Whether something answers that is not live yet: it took over, and has to prove itself. */
export const isProving = ({ answers, live }: Pick<ProductionView, 'answers' | 'live'>) => answers != null && answers !== live;

function effectOfStop(candidate: number, there: There): string {
  const { environment, back_to: backTo } = there;
  const now = `Candidate ${candidate} stops answering on every endpoint within a second; callers are told that the model is suspended, and why. It waits for no approval and for no hold.`;
  const again = environment === 'prod' ? ' It answers again by a resume, with the approvals that the gate asks for.' : '';
  if (!isProving(there)) return `${now}${backTo == null ? ' Nothing takes its place.' : ` Nothing takes its place by itself; candidate ${backTo} can be brought back without approvals.`}${again}`;
  return `${now} Its promotion ends.${backTo == null ? ' Nothing takes its place.' : ` Candidate ${backTo} does not come back by itself: roll back instead if it is to answer.`}${again}`;
}

function effectOfRollBack(to: number, there: There): string {
  const { environment, answers, live, suspended } = there;
  if (answers == null) return `Candidate ${to} takes all traffic of ${environment} within seconds, and callers are answered again.${suspended ? ' What was stopped stays suspended.' : ''} No approvals are asked for: candidate ${to} came through this gate before.`;
  const why = to === live ? `candidate ${to} is what is live` : `candidate ${to} came through this gate before`;
  const end = isProving(there) ? ': its promotion ends as Rolled back' : '';
  return `Candidate ${to} takes all traffic of ${environment} ${to === live ? 'again ' : ''}within seconds, and candidate ${answers} leaves it${end}. No approvals are asked for: ${why}. Candidate ${answers} comes in again only by a new promotion, through the gate.`;
}

/** Returns what an act on an endpoint does at once, to whom, and how it is undone. */
export function effectOf({ verb, candidate }: ProductionAct, there: There): string {
  if (verb === 'suspend') return effectOfStop(candidate, there);
  if (verb === 'roll_back') return effectOfRollBack(candidate, there);
  const { environment, answers } = there;
  const meanwhile = answers == null ? 'callers are refused as now' : `candidate ${answers} goes on answering`;
  return `Asks that candidate ${candidate} answers again in ${environment}${answers == null ? '' : `, in the place of candidate ${answers}`}. It needs the approvals of that gate; until then ${meanwhile}.`;
}

/** Returns what giving a promotion up does at once, and what answers after it. */
export function effectOfGivingUp(promotion: Pick<PromotionView, 'candidate' | 'environment' | 'state' | 'kind'>, live: number | null): string {
  const { candidate, environment, state, kind } = promotion;
  const end = 'This promotion ends as Abandoned';
  const stays = 'The candidate stays, and may be promoted again.';
  if (kind !== 'release') return `${end}. The candidate stays as it was before.`;
  if (state === 'deploying') return `${end} before it answers; ${live == null ? 'nothing answers there, as now' : `candidate ${live} stays live`}. ${stays}`;
  if (state === 'verifying') return `${end}, and candidate ${candidate} leaves ${environment} within seconds: ${live == null ? 'nothing answers there then' : `candidate ${live} takes all traffic again`}. ${stays}`;
  return `${end}, and nobody is asked any more. ${stays}`;
}

/** Who takes the traffic: a candidate, what it does, until when it bakes, and what comes if it fails. */
export type Traffic = { candidate: number | null; does: string; until: string | null; then: string };

/** Returns who takes the traffic of an endpoint; null where nothing does, and nothing should. */
export function trafficOf(there: There, moving: PromotionView | null, isFailing = false, now = Date.now()): Traffic | null {
  const { answers, live, suspended, back_to: backTo } = there;
  const plainly = (candidate: number | null, does: string): Traffic => ({ candidate, does, until: null, then: '' });
  if (answers == null && live == null) return suspended ? plainly(null, 'Nothing answers: the endpoint is stopped, and refuses every call') : null;
  if (answers == null) return plainly(live ?? null, suspended ? 'is live, and stopped: it refuses every call' : 'is live, but does not answer');
  if (answers === live) return plainly(answers, isFailing ? 'is live, but does not answer' : 'is live and takes all traffic');
  const bakes = moving?.candidate === answers && moving.kind === 'release' ? (moving.bakes_until ?? null) : null;
  const until = bakes && Date.parse(bakes) > now ? bakes : null;
  const back = backTo ?? live;
  const does = isFailing ? 'takes all traffic but does not answer,' : 'answers all traffic';
  return { candidate: answers, does: `${does} and ${until ? 'bakes until' : 'is being verified'}`, until, then: back == null ? '; nothing answers if it fails: nothing was live before' : `; candidate ${back} comes back if it fails or is rolled back` };
}

/** Returns what follows once a promotion goes in. Only a new release proves itself while it serves. */
export function followsFrom(kind: PromotionView['kind'], environment: string, live: number | null): string {
  if (kind === 'rollback') return 'It takes all traffic within seconds. It came through this gate before, so it waits for no approval and does not bake.';
  if (kind === 'resume') return 'It takes all traffic once that is approved. It counts as live as soon as it answers, and does not bake.';
  if (environment === 'preprod') return 'The repository’s own integration and end-to-end tests call that endpoint; it counts as verified when they pass.';
  return `It takes all traffic and is watched while it bakes; if it fails, ${live == null ? 'nothing answers there: nothing was live before' : `candidate ${live} comes back by itself`}.`;
}

/** Returns what the page of an endpoint offers, for a link that leads there. */
export function offeredAt({ environment, answers, suspended, back_to: backTo }: There): string {
  const acts = [answers == null ? '' : 'stop it', backTo == null ? '' : `roll back to ${backTo}`, suspended && environment === 'prod' ? 'resume it' : ''].filter(Boolean);
  const last = acts.pop();
  return ['Open its endpoint', ...acts, ...(last ? [`or ${last}`] : [])].join(', ');
}
