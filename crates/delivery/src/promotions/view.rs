use super::advance::decider_of;
use super::error::{Error, Result};
use super::facts::{Facts, facts_of};
use super::gates::{Gate, GateState, gates};
use super::model::{Approval, Decision, Promotion, PromotionKind, PromotionState};
use super::service::{candidate_of, project_by};
use super::{CreatePromotion, DecidePromotion};
use crate::Context;
use crate::gates::Needed;
use access::{Action, Permit};
use base::{Next, Securable, Timestamp, Tone};
use db::Tx;
use serde::Serialize;
use utoipa::ToSchema;

/// Who decided what about a promotion.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PromotionApproval)]
pub struct ApprovalView {
    pub by: String,
    pub decision: Decision,
    pub comment: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Whether it counts: it was given for this content, under the gate policy in force.
    pub counts: bool,
}

/// A promotion as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PromotionView {
    pub id: String,
    pub project: String,
    /// `preprod` or `prod`.
    pub environment: String,
    /// What is called there: `prod.credit`.
    pub endpoint: String,
    /// The candidate's number.
    pub candidate: i64,
    /// The candidate's digest, which approvals are bound to.
    pub digest: String,
    pub kind: PromotionKind,
    pub state: PromotionState,
    /// Why it waits or ended, or what it is for.
    pub reason: Option<String>,
    /// Empty once it has ended.
    pub gates: Vec<Gate>,
    pub approvals: Vec<ApprovalView>,
    /// What the gate policy asks for in all.
    pub needed: Vec<Needed>,
    /// The version of the gate policy.
    pub policy: i64,
    pub rollout: Option<String>,
    /// The run that verifies it.
    pub run: Option<String>,
    pub asked_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub bakes_until: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub live_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub next: Next,
}

/// What a promotion's viewer may do.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub may_create: bool,
    /// Whether they may decide it now, or why not.
    pub may_decide: std::result::Result<(), String>,
    /// Whether as many have approved as the gate policy asks for.
    pub is_approved: bool,
}

/// Returns what the viewer of a promotion may do to it. Joins the transaction.
async fn viewer<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    promotion: &Promotion,
    facts: &Facts,
    all: &[Gate],
) -> Result<Viewer> {
    let (held, resource) = (permit.held(tx).await?, promotion.resource());
    let may_create = held.can::<CreatePromotion>(&resource).is_some();
    let may_decide = match permit.caller().person() {
        Ok(person) if held.can::<DecidePromotion>(&resource).is_some() => {
            let decider = decider_of(tx, person, facts).await?;
            promotion.may_decide(&decider).map_err(|why| match why {
                Error::Author { why, .. } => format!("You had a hand in it ({why}): somebody else decides"),
                other => other.to_string(),
            })
        }
        _ => Err("it is decided by others".to_owned()),
    };
    let is_approved = all.iter().any(|gate| gate.name == "approvals" && gate.state == GateState::Passed);
    Ok(Viewer { may_create, may_decide, is_approved })
}

/// Returns a promotion as the caller sees it. Joins the transaction.
pub(crate) async fn viewed<A: Action>(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<A>,
    promotion: Promotion,
) -> Result<PromotionView> {
    let project = project_by(tx, &promotion).await?;
    let policy = crate::gates::in_force(tx, &project, &promotion.environment).await?;
    if !promotion.state.is_open() {
        let next = promotion.next(None);
        return Ok(PromotionView::of(promotion, Vec::new(), policy.terms.approvals, next));
    }
    let candidate = candidate_of(tx, &project.id, promotion.candidate).await?;
    let facts = facts_of(tx, &project, &promotion.environment, candidate, cx.clock.now()).await?;
    let promotion = promotion.under(facts.policy.version);
    let all = gates(promotion.kind, Some(&promotion), &facts);
    let viewer = viewer(tx, permit, &promotion, &facts, &all).await?;
    let next = promotion.next(Some(&viewer));
    Ok(PromotionView::of(promotion, all, policy.terms.approvals, next))
}

impl PromotionView {
    fn of(promotion: Promotion, gates: Vec<Gate>, needed: Vec<Needed>, next: Next) -> Self {
        let counts: Vec<(String, i64)> =
            promotion.valid_approvals().map(|one| (one.by.0.clone(), one.policy)).collect();
        let view = |one: &Approval| ApprovalView {
            by: one.by.0.clone(),
            decision: one.decision,
            comment: one.comment.clone(),
            at: one.at,
            counts: counts.contains(&(one.by.0.clone(), one.policy)),
        };
        Self {
            approvals: promotion.approvals.iter().map(view).collect(),
            id: promotion.id,
            project: promotion.project.0,
            environment: promotion.environment,
            endpoint: promotion.endpoint,
            candidate: promotion.candidate,
            digest: promotion.digest.to_string(),
            kind: promotion.kind,
            state: promotion.state,
            reason: promotion.reason,
            gates,
            needed: if promotion.kind == PromotionKind::Rollback { Vec::new() } else { needed },
            policy: promotion.policy,
            rollout: promotion.rollout,
            run: promotion.run.map(|run| run.0),
            asked_by: promotion.asked_by.0,
            bakes_until: promotion.bakes_until,
            created_at: promotion.created_at,
            changed_at: promotion.changed_at,
            live_at: promotion.live_at,
            ended_at: promotion.ended_at,
            next,
        }
    }
}

impl Promotion {
    /// Returns what its viewer should know and can do.
    pub(crate) fn next(&self, viewer: Option<&Viewer>) -> Next {
        let (tone, _, label) = self.state.look();
        let why = self.reason.clone();
        let (environment, number) = (&self.environment, self.candidate);
        let mut action = None;
        let (tone, text, reason) = match self.state {
            PromotionState::Offered => {
                action = viewer.filter(|viewer| viewer.may_create).map(|_| "create_promotion");
                let reason = "It begins once somebody asks for it".to_owned();
                (tone, format!("Candidate {number} may enter {environment}."), reason)
            }
            PromotionState::Checking => match why {
                Some(why) => (Tone::Warn, "A gate is closed.".to_owned(), why),
                None => (tone, format!("{label}."), "It takes seconds".to_owned()),
            },
            PromotionState::AwaitingApproval if viewer.is_some_and(|viewer| viewer.is_approved) => {
                let reason = why.unwrap_or_else(|| "It is deployed within seconds".to_owned());
                (tone, format!("Candidate {number} waits to be deployed."), reason)
            }
            PromotionState::AwaitingApproval => match viewer.map(|viewer| &viewer.may_decide) {
                Some(Ok(())) => {
                    action = Some("approve_promotion");
                    let look = || "Look at what changed and what was tested, then decide".to_owned();
                    (tone, format!("Candidate {number} waits for your approval."), why.unwrap_or_else(look))
                }
                Some(Err(not)) => (tone, format!("{label}."), why.unwrap_or_else(|| not.clone())),
                None => (tone, format!("{label}."), why.unwrap_or_default()),
            },
            PromotionState::Deploying => {
                let reason = "It takes over once it is in memory and ran once".to_owned();
                (tone, format!("{label}."), reason)
            }
            PromotionState::Verifying => {
                let reason = match (why, &self.run, self.bakes_until) {
                    (Some(why), ..) => why,
                    (None, Some(run), _) => format!("Run `{run}` calls the endpoint"),
                    (None, None, Some(until)) => format!("It serves, and counts as live from {until} on"),
                    (None, None, None) => "It serves".to_owned(),
                };
                (tone, format!("{label}."), reason)
            }
            PromotionState::Live => {
                (tone, format!("Candidate {number} is live in {environment}."), why.unwrap_or_default())
            }
            _ => (tone, format!("{label}."), why.unwrap_or_default()),
        };
        Next { tone, text, reason, action }
    }
}
