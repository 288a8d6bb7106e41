//! What the rules about a promotion must know from elsewhere, read in the transaction that decides.
use super::store::PromotionStore;
use super::{PREPROD, PROD, Promotion, PromotionState, Result, Site};
use crate::candidates::Candidate;
use crate::candidates::store::CandidateStore;
use crate::gates::{self, GatePolicy, JudgedCheck, in_the_way, judge};
use crate::holds::Hold;
use crate::holds::store::HoldStore;
use crate::versions::ReleasedState;
use crate::versions::store::ReleasedStore;
use access::{Right, Role};
use base::{GrantId, Securable, Timestamp};
use db::Tx;
use projects::Project;
use std::collections::BTreeMap;

/// What the rules about a promotion must know from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub now: Timestamp,
    pub candidate: Candidate,
    /// The one in force.
    pub policy: GatePolicy,
    /// The candidate's checks, judged by that.
    pub checks: Vec<JudgedCheck>,
    /// What of them is in the way.
    pub in_the_way: Vec<String>,
    /// Whether the candidate was verified in the environment before, or why not; none where there is none before.
    pub verified_before: Option<std::result::Result<(), String>>,
    pub version: ReleasedState,
    /// A grant that the candidate was trained under, and that allows nothing any more.
    pub grant_ended: Option<GrantId>,
    /// Those that are placed on the environment.
    pub holds: Vec<Hold>,
    pub live: Option<Promotion>,
    /// Whether the candidate answered there once, and was suspended since.
    pub was_suspended_here: bool,
    /// Whether somebody stopped the endpoint.
    pub is_stopped: bool,
    /// The promotion that changes the endpoint now.
    pub moving: Option<Promotion>,
    /// Who holds the roles that policy asks for.
    pub holders: BTreeMap<Role, Vec<Right>>,
}

impl Facts {
    /// Returns whether the candidate is what is live there, and was stopped.
    pub(super) fn is_live_and_stopped(&self) -> bool {
        self.is_stopped && self.live.as_ref().is_some_and(|live| live.candidate == self.candidate.number)
    }

    /// Returns whether it may be asked, or was at `asked_at`, that the candidate answers again: nothing else went live since.
    pub(super) fn may_answer_again(&self, asked_at: Option<Timestamp>) -> bool {
        let went_live = self.live.as_ref().and_then(|live| live.live_at);
        let is_news = asked_at.zip(went_live).is_some_and(|(asked, live)| live > asked);
        self.is_live_and_stopped() || (self.was_suspended_here && !is_news)
    }
}

/// Reads them. Joins the transaction.
pub(crate) async fn facts_of(
    tx: &Tx,
    project: &Project,
    environment: &str,
    candidate: Candidate,
    now: Timestamp,
) -> Result<Facts> {
    let policy = gates::in_force(tx, project, environment).await?;
    let measured: Vec<_> = candidate.checks.iter().map(JudgedCheck::measured).collect();
    let checks = judge(&measured, &policy.terms);
    let endpoint = super::endpoint_id(project, environment)?;
    let verified_before = match environment {
        PROD => Some(verified(&tx.list_promotions_of(&project.id, PREPROD, candidate.number).await?)),
        _ => None,
    };
    let model = candidate.model();
    let version = tx.find_released(&project.id, &model.model, model.version).await?;
    let version = version.map_or(ReleasedState::Withdrawn, |version| version.state);
    let was_suspended_here = version == ReleasedState::Suspended
        && tx
            .list_promotions_of(&project.id, environment, candidate.number)
            .await?
            .iter()
            .any(|promotion| promotion.bakes_until.is_some());
    let site =
        Site { project: project.id.clone(), environment: environment.to_owned(), team: Some(project.team.clone()) };
    let mut holders = BTreeMap::new();
    for needed in &policy.terms.approvals {
        holders.insert(needed.role, access::holders(tx, needed.role, &site.resource()).await?);
    }
    Ok(Facts {
        now,
        in_the_way: in_the_way(&checks, &policy.terms),
        checks,
        policy,
        verified_before,
        version,
        was_suspended_here,
        grant_ended: catalog::grants::no_longer(tx, &candidate.grants, now).await?,
        holds: tx.list_placed(&project.id, environment).await?,
        live: tx.find_live(&endpoint).await?,
        is_stopped: serving::find_endpoint(tx, &endpoint).await?.is_some_and(|found| found.stopped.is_some()),
        moving: tx.find_moving(&endpoint).await?,
        holders,
        candidate,
    })
}

/// Returns whether a candidate was live there and is neither failed nor rolled back since; its promotions come the newest first.
pub(super) fn verified(promotions: &[Promotion]) -> std::result::Result<(), String> {
    for promotion in promotions {
        match promotion.state {
            PromotionState::Live | PromotionState::Superseded => return Ok(()),
            PromotionState::Failed | PromotionState::RolledBack => {
                let why = promotion.reason.as_deref().unwrap_or("no reason is known");
                return Err(format!("it {} in preprod: {why}", word(promotion.state)));
            }
            _ => {}
        }
    }
    Err("it was not live in preprod yet".to_owned())
}

fn word(state: PromotionState) -> &'static str {
    if state == PromotionState::Failed { "failed" } else { "was rolled back" }
}

/// Returns the commit of the candidate that is live in an environment, and when a gate was passed there last: who changed its policy
/// since then has a hand in what comes next, also where a rollback came between. Joins the transaction.
pub(crate) async fn live_commit(tx: &Tx, project: &Project, environment: &str) -> Result<Option<(String, Timestamp)>> {
    let endpoint = super::endpoint_id(project, environment)?;
    let Some(live) = tx.find_live(&endpoint).await? else { return Ok(None) };
    let candidate = tx.find_candidate(&project.id, live.candidate).await?;
    let judged_at = tx.last_judged_at(&endpoint).await?.unwrap_or(live.created_at);
    Ok(candidate.map(|candidate| (candidate.content.commit, judged_at)))
}
