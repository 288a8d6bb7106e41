/** Candidates, promotions, holds and gate policies. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { ask, http, onceKey } from './client';
import type { Next, Paged, Schema } from './types';

export type Verdict = Schema<'GateVerdict'>;
/** A number that the platform computed from the exported model, with the limits it is judged by. */
export type MetricView = Schema<'JudgedMetric'>;
export type CandidateCheck = Schema<'JudgedCheck'>;
export type CandidateView = Schema<'CandidateView'>;
/** A run of the `main` pipeline as *preprod*, and what came of it. */
export type ReleaseView = Schema<'ReleaseView'>;
/** What somebody decided; it counts while it was given for this content, under the policy in force. */
export type ApprovalView = Schema<'PromotionApproval'>;
export type ReviewView = Schema<'ReviewView'>;
export type PromotionView = Schema<'PromotionView'>;
export type PromotionState = Schema<'PromotionState'>;
export type ProductionView = Schema<'ProductionView'>;
export type HoldView = Schema<'HoldView'>;
export type ToleranceView = Schema<'Tolerance'>;
export type GatePolicyView = Schema<'GatePolicyView'>;
/** What can be changed of a gate policy. */
export type GatePolicyBody = Pick<GatePolicyView, 'required' | 'may_be_not_computable' | 'approvals' | 'baking_s' | 'tolerances'>;

const of = (id: string) => ({ path: { id } });

export const candidatesQuery = (project: string, page: Paged = {}) => queryOptions({ queryKey: ['release', project, 'candidates', page], queryFn: () => ask(http.GET('/projects/{id}/candidates', { params: { ...of(project), query: page } })), placeholderData: keepPreviousData });
export const candidateQuery = (project: string, number: number) => queryOptions({ queryKey: ['release', project, 'candidate', number], queryFn: () => ask(http.GET('/projects/{id}/candidates/{number}', { params: { path: { id: project, number } } })) });
export const reviewQuery = (project: string, number: number, environment: string) =>
  queryOptions({ queryKey: ['release', project, 'candidate', number, 'review', environment], queryFn: () => ask(http.GET('/projects/{id}/candidates/{number}/review', { params: { path: { id: project, number }, query: { environment } } })) });
export const releasesQuery = (project: string, page: Paged = {}) => queryOptions({ queryKey: ['release', project, 'runs', page], queryFn: () => ask(http.GET('/projects/{id}/releases', { params: { ...of(project), query: page } })), placeholderData: keepPreviousData });
export const promotionsQuery = (project: string, search: Paged & { environment?: string } = {}) => queryOptions({ queryKey: ['release', project, 'promotions', search], queryFn: () => ask(http.GET('/projects/{id}/promotions', { params: { ...of(project), query: search } })), placeholderData: keepPreviousData });
export const productionQuery = (project: string) => queryOptions({ queryKey: ['release', project, 'production'], queryFn: () => ask(http.GET('/projects/{id}/production', { params: of(project) })) });
export const holdsQuery = (project: string) => queryOptions({ queryKey: ['release', project, 'holds'], queryFn: () => ask(http.GET('/projects/{id}/holds', { params: of(project) })) });
export const gatesQuery = (project: string) => queryOptions({ queryKey: ['release', project, 'gates'], queryFn: () => ask(http.GET('/projects/{id}/gates', { params: of(project) })) });
/** The promotions that wait for the viewer's approval. */
export const decisionsQuery = queryOptions({ queryKey: ['decisions', 'promotions'], queryFn: () => ask(http.GET('/decisions/promotions', { params: { query: { limit: 50 } } })), refetchInterval: 30_000 });

/** Asks that a candidate enters an environment. */
export const promote = (project: string, candidate: number, environment: string) => ask(http.POST('/projects/{id}/promotions', { params: of(project), headers: onceKey(), body: { candidate, environment } }));
export const approvePromotion = (id: string, comment: string) => ask(http.POST('/promotions/{id}/approve', { params: { path: { id } }, body: comment ? { comment } : {} }));
export const rejectPromotion = (id: string, reason: string) => ask(http.POST('/promotions/{id}/reject', { params: { path: { id } }, body: { reason } }));
export const abandonPromotion = (id: string, reason: string) => ask(http.POST('/promotions/{id}/abandon', { params: { path: { id } }, body: { reason } }));
/** Brings back what was live before. */
export const rollBack = (project: string, environment: string, reason: string) => ask(http.POST('/projects/{id}/rollback', { params: of(project), headers: onceKey(), body: { environment, reason } }));
/** The stop button: what is live stops answering. */
export const suspend = (project: string, environment: string, reason: string) => ask(http.POST('/projects/{id}/suspend', { params: of(project), body: { environment, reason } }));
/** Asks that a candidate that was suspended answers again. */
export const resume = (project: string, environment: string, candidate: number) => ask(http.POST('/projects/{id}/resume', { params: of(project), headers: onceKey(), body: { environment, candidate } }));
export const placeHold = (project: string, environment: string, reason: string) => ask(http.POST('/projects/{id}/holds', { params: of(project), headers: onceKey(), body: { environment, reason } }));
export const liftHold = (id: string, reason: string) => ask(http.POST('/holds/{id}/lift', { params: { path: { id } }, body: { reason } }));
/** Puts a new version of a gate policy in force; refused if another than `version` is in force by now. */
export const editGate = (project: string, environment: string, version: number, body: GatePolicyBody) => ask(http.POST('/projects/{id}/gates/{environment}', { params: { path: { id: project, environment } }, body: { version, ...body } }));

/** Says to whom an address in commits belongs. */
export const mapGitAddress = (address: string, person: string) => ask(http.POST('/git-addresses', { body: { address, person } }));

const open: PromotionState[] = ['offered', 'checking', 'awaiting_approval', 'deploying', 'verifying'];
/** The operations that `next.action` names. */
export const operations = {
  promote: 'create_promotion',
  approve: 'approve_promotion',
  abandon: 'abandon_promotion',
  rollBack: 'roll_back',
  suspend: 'suspend_production',
  resume: 'resume_production',
  lift: 'lift_hold',
  editGate: 'edit_gate',
} as const;
/** The verbs of those operations, as `GET /me` names them. */
export const verbs = {
  promote: 'CreatePromotion',
  abandon: 'AbandonPromotion',
  rollBack: 'RollBack',
  suspend: 'SuspendProduction',
  resume: 'ResumeProduction',
  place: 'PlaceHold',
  lift: 'LiftHold',
  editGate: 'EditGate',
  mapAddress: 'MapGitAddress',
} as const;
/** Whether the server says that this viewer may do that now. */
export const mayNow = (next: Pick<Next, 'action'>, act: keyof typeof operations) => next.action === operations[act];

/** Whether somebody's approval counts. */
export const isGiven = (approval: Pick<ApprovalView, 'decision' | 'counts'>) => approval.decision === 'approved' && approval.counts;
/** Whether a promotion has not come to its end. */
export const isOpenPromotion = (promotion: { state: PromotionState }) => open.includes(promotion.state);
/** Whether a machine is at work on it, so that it is worth looking again soon. */
export const isWorking = (promotion: { state: PromotionState }) => ['checking', 'deploying', 'verifying'].includes(promotion.state);
