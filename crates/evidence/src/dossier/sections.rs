//! What stands in a dossier. Sections are only added, and fields of one only added.
use super::ci::DossierCi;
use access::Role;
use access::audit::Outcome;
use base::Timestamp;
use catalog::grants::GrantStanding;
use catalog::requests::RequestState;
use delivery::gates::{GatePolicyState, JudgedCheck, Needed, Tolerance};
use delivery::holds::HoldState;
use delivery::merges::MergeState;
use delivery::promotions::{Decision, PromotionKind, PromotionState};
use delivery::versions::ReleasedState;
use git::pushes::PushState;
use runs::RunState;
use runs::attempts::{AttemptState, FailureKind};
use runs::steps::{StepKind, StepState};
use serde::Serialize;
use serving::RolloutState;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The sections of a dossier, by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = DossierSections)]
pub struct Sections {
    pub candidate: DossierCandidate,
    pub commit: DossierCommit,
    pub ci: DossierCi,
    pub datasets: Vec<DossierDataset>,
    pub grants: Vec<DossierGrant>,
    pub run: DossierRun,
    pub checks: DossierChecks,
    /// The oldest first.
    pub promotions: Vec<DossierPromotion>,
    pub deployments: Vec<DossierDeployment>,
    pub stops: DossierStops,
    pub monitors: DossierMonitors,
    pub audit: DossierAudit,
}

/// What monitors saw of the candidate in prod, the newest first; empty where none looked while it was live.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierMonitors {
    /// Each with its metrics against the limits of the gate policy that it was judged by.
    #[schema(value_type = Vec<Object>)]
    pub evaluations: Vec<serde_json::Value>,
    /// How many older ones there are.
    pub evaluations_left_out: i64,
    /// What was beyond a limit, and who answered it how.
    #[schema(value_type = Vec<Object>)]
    pub breaches: Vec<serde_json::Value>,
}

/// What the candidate is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierCandidate {
    pub project: String,
    pub title: String,
    /// Who answers for the project's models.
    pub owner: String,
    pub intended_use: String,
    pub prohibited_use: String,
    pub number: i64,
    /// SHA-256 of the canonical JSON of `content`.
    pub digest: String,
    #[schema(value_type = Object)]
    pub content: serde_json::Value,
    pub subject: String,
    /// In whose name it was trained.
    pub made_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub model: String,
    pub version: i64,
    /// How the model's version stands; null where no release knows it.
    pub version_state: Option<ReleasedState>,
    pub version_reason: Option<String>,
}

/// One who counts as an author, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DossierAuthor {
    pub person: String,
    pub name: String,
    pub why: String,
}

/// A move of a branch to the commit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierPush {
    pub id: String,
    pub reference: String,
    /// The authenticated person; null where nobody knows.
    pub pusher: Option<String>,
    pub state: PushState,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The merge that brought the commit to `main`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierMerge {
    pub id: String,
    pub branch: String,
    pub from: String,
    pub merged_by: String,
    pub state: MergeState,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// The commit, and whose hands were in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierCommit {
    pub id: String,
    pub subject: String,
    /// Counted when the candidate was cut.
    pub authors: Vec<DossierAuthor>,
    /// Names in its commits that belong to nobody on record.
    pub unmapped: Vec<String>,
    /// The commit that was live then, whose own commits do not count; null where nothing was.
    pub counted_since: Option<String>,
    /// Those that moved a branch to this very commit, the oldest first.
    pub pushes: Vec<DossierPush>,
    pub merge: Option<DossierMerge>,
    /// Why there is no merge.
    pub no_merge: Option<String>,
    /// The digest of the repository's lock.
    pub lock: Option<String>,
    /// Why there is none.
    pub no_lock: Option<String>,
}

/// A file of a dataset version. Values that folders spell are left out of its path.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierFile {
    pub path: String,
    pub size_bytes: i64,
    #[schema(value_type = String, format = DateTime)]
    pub modified_at: Timestamp,
    pub rows: i64,
    /// Of its bytes; null where it was not computed: size and time identify it.
    pub digest: Option<String>,
}

/// A dataset version that the candidate rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierDataset {
    pub dataset: String,
    pub version: i64,
    /// Why nothing more is known of it.
    pub absent: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub cut_at: Option<Timestamp>,
    /// The crawl or query that it comes from.
    pub cut_by: Option<String>,
    /// Of schema and files with size and time of change.
    pub digest: Option<String>,
    /// Of its columns' names and types.
    pub schema_digest: Option<String>,
    pub rows: Option<i64>,
    pub size_bytes: Option<i64>,
    pub files: Vec<DossierFile>,
    /// Files beyond those listed.
    pub files_left_out: usize,
}

/// The request that a grant came from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierRequest {
    pub id: String,
    pub asked_by: String,
    pub state: RequestState,
    /// Why it was asked for.
    pub text: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub submitted_at: Option<Timestamp>,
    /// Those who approved, in their order.
    pub approvals: Vec<DossierSignature>,
    pub decided: Option<DossierSignature>,
}

/// Who, when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierSignature {
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Who ended something, when and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierEnd {
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub reason: String,
}

/// A grant that the candidate was trained under.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierGrant {
    pub id: String,
    /// Why nothing more is known of it.
    pub absent: Option<String>,
    pub request: Option<DossierRequest>,
    /// Why there is no request.
    pub no_request: Option<String>,
    pub object: String,
    pub principal: String,
    pub purpose: String,
    pub uses: Vec<String>,
    /// Each column and how it is seen.
    pub columns: BTreeMap<String, String>,
    /// How many rules narrow the rows.
    pub row_rules: usize,
    /// Of those rules; their values are governed and not shown.
    pub row_rules_digest: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When the dossier was made.
    pub state: Option<GrantStanding>,
    pub ended: Option<DossierEnd>,
}

/// An attempt at a step.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierAttempt {
    pub id: String,
    pub number: i64,
    pub state: AttemptState,
    pub failure: Option<FailureKind>,
    pub engine: String,
    pub exit_code: Option<i32>,
    #[schema(value_type = String, format = DateTime)]
    pub planned_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub claimed_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

/// What a step read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierRead {
    pub dataset: String,
    pub version: i64,
    pub r#use: String,
    pub purpose: String,
    pub grant: String,
}

/// What a step wrote.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierOutput {
    pub name: String,
    pub digest: String,
    pub size_bytes: u64,
}

/// A step of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierStep {
    pub name: String,
    pub state: StepState,
    pub kind: Option<StepKind>,
    /// The run whose result it took.
    pub cached_from: Option<String>,
    /// The digest of all that its result depends on.
    pub key: Option<String>,
    pub reads: Vec<DossierRead>,
    pub outputs: Vec<DossierOutput>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub attempts: Vec<DossierAttempt>,
}

/// A run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierRun {
    pub id: String,
    /// Why nothing more is known of it.
    pub absent: Option<String>,
    pub environment: Option<String>,
    pub pipeline: Option<String>,
    pub commit: Option<String>,
    pub started_by: Option<String>,
    pub state: Option<RunState>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub steps: Vec<DossierStep>,
}

/// A version of a gate policy.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierPolicy {
    pub environment: String,
    /// 0 for the one that held from the beginning.
    pub version: i64,
    pub made_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    pub state: GatePolicyState,
    pub required: Vec<String>,
    pub may_be_not_computable: Vec<String>,
    pub approvals: Vec<Needed>,
    pub baking_s: i64,
    pub tolerances: Vec<Tolerance>,
}

/// The checks, and the policies that judge.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierChecks {
    /// As preprod's policy judged them when the candidate was cut.
    pub judged: Vec<JudgedCheck>,
    /// Every version from the first that a promotion of the candidate went by or a decision was bound to, up to those that hold now.
    pub policies: Vec<DossierPolicy>,
}

/// What somebody decided on a promotion.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierDecision {
    pub by: String,
    /// The roles they held for the environment at that moment.
    pub roles: Vec<Role>,
    pub decision: Decision,
    pub comment: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The candidate's digest that it is bound to.
    pub digest: String,
    /// The version of the gate policy that it is bound to.
    pub policy: i64,
    /// Whether it counts under the policy that the promotion went by.
    pub counts: bool,
}

/// One change of a promotion, from the audit log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierChange {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    pub outcome: Outcome,
    /// The state that followed.
    pub state: Option<String>,
    pub reason: Option<String>,
}

/// A promotion.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierPromotion {
    pub id: String,
    pub environment: String,
    pub endpoint: String,
    pub kind: PromotionKind,
    pub state: PromotionState,
    pub reason: Option<String>,
    pub policy: i64,
    pub asked_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub asked_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub bakes_until: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub live_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub rollout: Option<String>,
    /// Counted from what was live when it was checked.
    pub authors: Vec<DossierAuthor>,
    pub decisions: Vec<DossierDecision>,
    /// Why there is none.
    pub no_decision: Option<String>,
    /// What was done, the oldest first.
    pub history: Vec<DossierChange>,
    /// Calls about it that were refused.
    pub refusals: Vec<DossierChange>,
    /// The run that called the endpoint.
    pub verification: Option<DossierRun>,
    /// Why there is none.
    pub no_verification: Option<String>,
}

/// A rollout of the candidate.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierDeployment {
    pub rollout: String,
    pub endpoint: String,
    pub state: RolloutState,
    pub started_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it began to answer; null: it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub served_from: Option<Timestamp>,
    /// When another took over or it was taken away; null: it answers still, or never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub served_until: Option<Timestamp>,
    pub reason: Option<String>,
    /// The rollout whose content it brings back.
    pub back_to: Option<String>,
}

/// A stop of an endpoint, or its end.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierStop {
    pub endpoint: String,
    /// `suspended` or `resumed`.
    pub what: String,
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub reason: Option<String>,
}

/// A hold of an environment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierHold {
    pub id: String,
    pub environment: String,
    pub state: HoldState,
    pub placed: DossierEnd,
    pub lifted: Option<DossierEnd>,
}

/// What was stopped: endpoints that the candidate was promoted to, and the environments behind them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierStops {
    /// The oldest first.
    pub endpoints: Vec<DossierStop>,
    /// The newest first.
    pub holds: Vec<DossierHold>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierEntry {
    /// Its place in the chain; null while it is not sealed.
    pub seq: Option<u64>,
    /// Its hash in the chain; null while it is not sealed.
    pub hash: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub actor: String,
    pub on_behalf_of: Option<String>,
    pub action: String,
    pub resource: String,
    pub outcome: Outcome,
    pub reason: Option<String>,
}

/// The audit log's entries about what stands here. The whole of one is in the log's export, under its number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DossierAudit {
    /// The newest first.
    pub entries: Vec<DossierEntry>,
    /// Entries beyond those listed, older than they.
    pub left_out: u64,
    /// Listed ones that the chain does not hold yet.
    pub unsealed: usize,
}
