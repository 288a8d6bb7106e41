/**
 * Candidates, promotions, holds and gate policies. The types stand here by hand until the committed document has these operations;
 * then each becomes `Schema<'…'>`, `ReleasePaths` goes away, and `release` is `http`.
 */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Client } from 'openapi-fetch';
import { ask, http, onceKey } from './client';
import type { Next } from './types';

export type EnvironmentName = 'dev' | 'preprod' | 'prod';
export type Verdict = 'passed' | 'failed' | 'not_computable';
/** A number that the platform computed from the exported model, with the limits it is judged by. */
export type MetricView = {
  name: string;
  group?: string | null;
  value?: number | null;
  low?: number | null;
  high?: number | null;
  n?: number | null;
  /** Why there is no value. */
  reason?: string | null;
  amber?: number | null;
  red?: number | null;
  better?: 'higher' | 'lower' | null;
  verdict: Verdict;
};
export type CandidateCheck = { name: string; verdict: Verdict; note?: string | null; metrics: MetricView[] };
export type PromotionState = 'offered' | 'checking' | 'awaiting_approval' | 'deploying' | 'verifying' | 'live' | 'superseded' | 'rejected' | 'failed' | 'abandoned' | 'rolled_back';
export type PromotionKind = 'release' | 'rollback' | 'resume';
export type Author = { person?: string | null; name: string; why: string };
export type CandidateView = {
  project: string;
  number: number;
  digest: string;
  commit: string;
  subject: string;
  model: string;
  version: number;
  run: string;
  created_at: string;
  authors: Author[];
  /** Names in its commits that belong to nobody on record; one of them keeps it from being approved. */
  unmapped: string[];
  datasets: { dataset: string; version: number | string }[];
  purposes: string[];
  checks: CandidateCheck[];
  /** The newest first. */
  promotions: { id: string; environment: EnvironmentName; state: PromotionState; kind: PromotionKind }[];
  next: Next;
};
export type ReleaseState = 'running' | 'cut' | 'not_cut' | 'failed';
/** A run of the `main` pipeline as *preprod*, and what came of it. */
export type ReleaseRunView = {
  commit: string;
  /** The first line of the commit's message; empty while the run goes on. */
  subject: string;
  /** Null where nothing could be run. */
  run?: string | null;
  state: ReleaseState;
  candidate?: number | null;
  reason?: string | null;
  checks: CandidateCheck[];
  started_at: string;
  next: Next;
};
export type GateState = 'passed' | 'open' | 'failed' | 'waiting';
/** A condition of a gate: `open` waits for people, `waiting` for a machine. */
export type GateItem = { name: string; state: GateState; note: string };
/** What somebody decided; it counts while it was given for this content, under the policy in force. */
export type ApprovalView = { by: string; decision: 'approved' | 'rejected'; comment?: string | null; at: string; counts?: boolean };
export type ReviewView = {
  candidate: CandidateView;
  environment: EnvironmentName;
  promotion?: PromotionView | null;
  /** The number of the candidate that is live there. */
  live?: number | null;
  changes: { what: string; before?: string | null; after: string }[];
  affected: string[];
  if_nothing: string;
  gates: GateItem[];
  next: Next;
};
export type Needed = { role: string; count: number };
export type PromotionView = {
  id: string;
  project: string;
  environment: EnvironmentName;
  candidate: number;
  kind: PromotionKind;
  state: PromotionState;
  reason?: string | null;
  gates: GateItem[];
  approvals: ApprovalView[];
  /** What the policy asks for in all. */
  needed: Needed[];
  rollout?: string | null;
  run?: string | null;
  asked_by: string;
  bakes_until?: string | null;
  created_at: string;
  changed_at: string;
  live_at?: string | null;
  ended_at?: string | null;
  next: Next;
};
export type Stop = { reason: string; by: string; at: string };
export type ProductionView = { environment: EnvironmentName; endpoint: string; live?: number | null; suspended?: Stop | null; next: Next };
export type HoldView = { id: string; project: string; environment: EnvironmentName; reason: string; by: string; at: string; lifted?: Stop | null; next?: Next };
export type ToleranceView = { metric: string; better: 'higher' | 'lower'; amber: number; red: number; rationale: string };
export type GatePolicyBody = { required: string[]; may_be_not_computable: string[]; approvals: Needed[]; baking_s: number; tolerances: ToleranceView[] };
export type GatePolicyView = GatePolicyBody & { environment: EnvironmentName; version: number; state: 'draft' | 'in_force' | 'replaced'; by: string; at: string; next?: Next };
/** One page of a list. */
export type PageOf<T> = { items: T[]; next_cursor?: string | null; total?: number | null };

type Answers<T, S extends number> = { [K in S]: { content: { 'application/json': T } } };
type Paged = { cursor?: string; limit?: number };
type Get<Path, T, Query = never> = { parameters: { path: Path; query?: Query }; get: { parameters: { path: Path; query?: Query }; responses: Answers<T, 200> } };
type Post<Path, Body, T, S extends number = 200> = {
  post: { parameters: { path: Path; header?: Record<string, string> }; requestBody: { content: { 'application/json': Body } }; responses: Answers<T, S> };
};
type InProject = { id: string };
type ReleasePaths = {
  '/projects/{id}/candidates': Get<InProject, PageOf<CandidateView>, Paged>;
  '/projects/{id}/candidates/{number}': Get<InProject & { number: number }, CandidateView>;
  '/projects/{id}/candidates/{number}/review': Get<InProject & { number: number }, ReviewView, { environment: string }>;
  '/projects/{id}/releases': Get<InProject, PageOf<ReleaseRunView>, Paged>;
  '/projects/{id}/promotions': Get<InProject, PageOf<PromotionView>, Paged & { environment?: string }> & Post<InProject, { candidate: number; environment: EnvironmentName }, PromotionView, 201>;
  '/promotions/{id}': Get<{ id: string }, PromotionView>;
  '/promotions/{id}/approve': Post<{ id: string }, { comment?: string }, PromotionView>;
  '/promotions/{id}/reject': Post<{ id: string }, { reason: string }, PromotionView>;
  '/promotions/{id}/abandon': Post<{ id: string }, { reason: string }, PromotionView>;
  '/projects/{id}/rollback': Post<InProject, { environment: EnvironmentName; reason: string }, PromotionView, 201>;
  '/projects/{id}/suspend': Post<InProject, { environment: EnvironmentName; reason: string }, ProductionView>;
  '/projects/{id}/resume': Post<InProject, { environment: EnvironmentName }, PromotionView, 201>;
  '/projects/{id}/production': Get<InProject, PageOf<ProductionView> | ProductionView[]>;
  '/projects/{id}/holds': Get<InProject, PageOf<HoldView> | HoldView[]> & Post<InProject, { environment: EnvironmentName; reason: string }, HoldView, 201>;
  '/holds/{id}/lift': Post<{ id: string }, { reason: string }, HoldView>;
  '/projects/{id}/gates': Get<InProject, PageOf<GatePolicyView> | GatePolicyView[]>;
  '/projects/{id}/gates/{environment}': Post<InProject & { environment: string }, GatePolicyBody & { version?: number }, GatePolicyView>;
  '/git-addresses': Post<Record<string, never>, { address: string; person: string }, { address: string; person: string }>;
  '/decisions/promotions': { get: { parameters: { query?: Paged }; responses: Answers<PageOf<PromotionView>, 200> } };
};
const release = http as unknown as Client<ReleasePaths>;

const of = (id: string) => ({ path: { id } });
/** The lists without pages come as they are or in `items`. */
const itemsOf = <T>(list: PageOf<T> | T[]): T[] => (Array.isArray(list) ? list : list.items);

export const candidatesQuery = (project: string, page: Paged = {}) => queryOptions({ queryKey: ['release', project, 'candidates', page], queryFn: () => ask(release.GET('/projects/{id}/candidates', { params: { ...of(project), query: page } })), placeholderData: keepPreviousData });
export const candidateQuery = (project: string, number: number) => queryOptions({ queryKey: ['release', project, 'candidate', number], queryFn: () => ask(release.GET('/projects/{id}/candidates/{number}', { params: { path: { id: project, number } } })) });
export const reviewQuery = (project: string, number: number, environment: string) =>
  queryOptions({ queryKey: ['release', project, 'candidate', number, 'review', environment], queryFn: () => ask(release.GET('/projects/{id}/candidates/{number}/review', { params: { path: { id: project, number }, query: { environment } } })) });
export const releasesQuery = (project: string, page: Paged = {}) => queryOptions({ queryKey: ['release', project, 'runs', page], queryFn: () => ask(release.GET('/projects/{id}/releases', { params: { ...of(project), query: page } })), placeholderData: keepPreviousData });
export const promotionsQuery = (project: string, search: Paged & { environment?: string } = {}) => queryOptions({ queryKey: ['release', project, 'promotions', search], queryFn: () => ask(release.GET('/projects/{id}/promotions', { params: { ...of(project), query: search } })), placeholderData: keepPreviousData });
export const productionQuery = (project: string) => queryOptions({ queryKey: ['release', project, 'production'], queryFn: async () => itemsOf(await ask(release.GET('/projects/{id}/production', { params: of(project) }))) });
export const holdsQuery = (project: string) => queryOptions({ queryKey: ['release', project, 'holds'], queryFn: async () => itemsOf(await ask(release.GET('/projects/{id}/holds', { params: of(project) }))) });
export const gatesQuery = (project: string) => queryOptions({ queryKey: ['release', project, 'gates'], queryFn: async () => itemsOf(await ask(release.GET('/projects/{id}/gates', { params: of(project) }))) });
/** The promotions that wait for the viewer's approval. */
export const decisionsQuery = queryOptions({ queryKey: ['decisions', 'promotions'], queryFn: () => ask(release.GET('/decisions/promotions', { params: { query: { limit: 50 } } })), refetchInterval: 30_000 });

/** Asks that a candidate enters an environment. */
export const promote = (project: string, candidate: number, environment: EnvironmentName) => ask(release.POST('/projects/{id}/promotions', { params: { ...of(project), header: onceKey() }, body: { candidate, environment } }));
export const approvePromotion = (id: string, comment: string) => ask(release.POST('/promotions/{id}/approve', { params: { path: { id } }, body: comment ? { comment } : {} }));
export const rejectPromotion = (id: string, reason: string) => ask(release.POST('/promotions/{id}/reject', { params: { path: { id } }, body: { reason } }));
export const abandonPromotion = (id: string, reason: string) => ask(release.POST('/promotions/{id}/abandon', { params: { path: { id } }, body: { reason } }));
/** Brings back what was live before. */
export const rollBack = (project: string, environment: EnvironmentName, reason: string) => ask(release.POST('/projects/{id}/rollback', { params: { ...of(project), header: onceKey() }, body: { environment, reason } }));
/** The stop button: what is live stops answering. */
export const suspend = (project: string, environment: EnvironmentName, reason: string) => ask(release.POST('/projects/{id}/suspend', { params: of(project), body: { environment, reason } }));
export const resume = (project: string, environment: EnvironmentName) => ask(release.POST('/projects/{id}/resume', { params: { ...of(project), header: onceKey() }, body: { environment } }));
export const placeHold = (project: string, environment: EnvironmentName, reason: string) => ask(release.POST('/projects/{id}/holds', { params: { ...of(project), header: onceKey() }, body: { environment, reason } }));
export const liftHold = (id: string, reason: string) => ask(release.POST('/holds/{id}/lift', { params: { path: { id } }, body: { reason } }));
/** Puts a new version of a gate policy in force; refused if another than `version` is in force by now. */
export const editGate = (project: string, environment: string, version: number, body: GatePolicyBody) => ask(release.POST('/projects/{id}/gates/{environment}', { params: { path: { id: project, environment } }, body: { version, ...body } }));

/** Says to whom an address in commits belongs. */
export const mapGitAddress = (address: string, person: string) => ask(release.POST('/git-addresses', { params: { path: {} }, body: { address, person } }));

const open: PromotionState[] = ['offered', 'checking', 'awaiting_approval', 'deploying', 'verifying'];
/** The operations that `next.action` names. */
export const operations = {
  promote: ['promote_candidate', 'create_promotion'],
  approve: ['approve_promotion'],
  abandon: ['abandon_promotion'],
  rollBack: ['roll_back_release', 'roll_back'],
  suspend: ['suspend_release', 'suspend_production'],
  resume: ['resume_release', 'resume_production'],
  lift: ['lift_hold'],
  editGate: ['change_gate_policy', 'edit_gate'],
} as const;
/** The verbs of those operations, as `GET /me` names them. */
export const verbs = {
  promote: ['PromoteCandidate', 'CreatePromotion'],
  abandon: ['AbandonPromotion'],
  rollBack: ['RollBackRelease', 'RollBack'],
  suspend: ['SuspendRelease', 'SuspendProduction'],
  resume: ['ResumeRelease', 'ResumeProduction'],
  place: ['PlaceHold'],
  lift: ['LiftHold'],
  editGate: ['ChangeGatePolicy', 'EditGate'],
  mapAddress: ['MapGitAddress'],
};
/** Whether the server says that this viewer may do that now. */
export const mayNow = (next: Pick<Next, 'action'>, act: keyof typeof operations) => (operations[act] as readonly string[]).includes(next.action ?? '');

/** Whether somebody's approval counts. */
export const isGiven = (approval: Pick<ApprovalView, 'decision' | 'counts'>) => approval.decision === 'approved' && approval.counts !== false;
/** Whether a promotion has not come to its end. */
export const isOpenPromotion = (promotion: { state: PromotionState }) => open.includes(promotion.state);
/** Whether a machine is at work on it, so that it is worth looking again soon. */
export const isWorking = (promotion: { state: PromotionState }) => ['checking', 'deploying', 'verifying'].includes(promotion.state);
