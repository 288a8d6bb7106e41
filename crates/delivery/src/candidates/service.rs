use super::review::{self, ReviewView};
use super::store::CandidateStore;
use super::{Candidate, ReadCandidate, ReleaseOutcome, ReleaseState};
use crate::Context;
use crate::promotions::store::PromotionStore;
use crate::promotions::{CreatePromotion, PREPROD, PROD, Promotion, PromotionState, Result, candidate_of, project_of};
use crate::release::store::{After, Release, ReleaseStore};
use access::{Action, Permit};
use base::{ProjectId, Securable, Timestamp};
use db::Tx;
use projects::Project;

/// A candidate with what its page shows beside it.
#[derive(Debug)]
pub(super) struct Shown {
    pub candidate: Candidate,
    /// The newest first.
    pub promotions: Vec<Promotion>,
    /// The environment that the viewer may promote it to now.
    pub may_promote: Option<&'static str>,
}

/// Returns a candidate with what its page shows beside it. Joins the transaction.
pub(super) async fn shown<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    project: &Project,
    candidate: Candidate,
) -> Result<Shown> {
    let promotions = tx.list_promotions_of_candidate(&project.id, candidate.number).await?;
    let may = permit.can::<CreatePromotion>(tx, &project.resource()).await?.is_some();
    let may_promote = open_to(&promotions).filter(|_| may);
    Ok(Shown { candidate, promotions, may_promote })
}

/// Returns the environment that a candidate may be asked into next, by its promotions.
fn open_to(promotions: &[Promotion]) -> Option<&'static str> {
    let of = |environment: &'static str| promotions.iter().filter(move |one| one.environment == environment);
    let busy = |one: &Promotion| {
        (one.state.is_open() && one.state != PromotionState::Offered) || one.state == PromotionState::Live
    };
    let was_live = of(PREPROD).any(|one| one.live_at.is_some());
    if !was_live {
        return (!of(PREPROD).any(busy)).then_some(PREPROD);
    }
    (!of(PROD).any(busy)).then_some(PROD)
}

/// Returns candidate `number` of a project.
pub(super) async fn get(
    cx: &Context,
    permit: &Permit<ReadCandidate>,
    project: &ProjectId,
    number: i64,
) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let project = project_of(&tx, permit, project).await?;
            let candidate = candidate_of(&tx, &project.id, number).await?;
            shown(&tx, permit, &project, candidate).await
        })
        .await
}

/// Returns a page of a project's candidates, the newest first, and how many there are.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadCandidate>,
    project: &ProjectId,
    (after, limit): (Option<i64>, u32),
) -> Result<(Vec<Shown>, u64)> {
    cx.db
        .read(|tx| async move {
            let project = project_of(&tx, permit, project).await?;
            let mut found = Vec::new();
            for candidate in tx.list_candidates(&project.id, after, limit).await? {
                found.push(shown(&tx, permit, &project, candidate).await?);
            }
            Ok((found, tx.count_candidates(&project.id).await?))
        })
        .await
}

/// What followed a move of `main`.
#[derive(Debug)]
pub(super) struct ShownRelease {
    pub release: Release,
    pub outcome: Option<ReleaseOutcome>,
}

impl ShownRelease {
    /// Returns how it stands.
    pub(super) fn state(&self) -> ReleaseState {
        match (&self.outcome, &self.release.refused) {
            (Some(outcome), _) => outcome.state,
            (None, Some(_)) => ReleaseState::Failed,
            (None, None) => ReleaseState::Running,
        }
    }
}

/// Returns a page of what followed the moves of `main`, the newest first.
pub(super) async fn list_releases(
    cx: &Context,
    permit: &Permit<ReadCandidate>,
    project: &ProjectId,
    (after, limit): (Option<&After>, u32),
) -> Result<Vec<ShownRelease>> {
    cx.db
        .read(|tx| async move {
            let project = project_of(&tx, permit, project).await?;
            let mut found = Vec::new();
            for release in tx.list_releases(&project.id, after, limit).await? {
                let outcome = tx.find_outcome(&project.id, &release.commit).await?;
                found.push(ShownRelease { release, outcome });
            }
            Ok(found)
        })
        .await
}

/// Returns what somebody who decides on a candidate should look at.
pub(super) async fn review(
    cx: &Context,
    permit: &Permit<ReadCandidate>,
    project: &ProjectId,
    (number, environment): (i64, &'static str),
) -> Result<ReviewView> {
    let now: Timestamp = cx.clock.now();
    cx.db
        .read(|tx| async move {
            let project = project_of(&tx, permit, project).await?;
            let candidate = candidate_of(&tx, &project.id, number).await?;
            let shown = shown(&tx, permit, &project, candidate).await?;
            review::review(cx, &tx, permit, (&project, environment), shown, now).await
        })
        .await
}

/// Returns a candidate, whoever asks.
///
/// # Errors
/// The store's.
pub async fn find(tx: &Tx, project: &ProjectId, number: i64) -> db::Result<Option<Candidate>> {
    tx.find_candidate(project, number).await
}

/// Returns up to `most` candidates of a project, the newest first, whoever asks.
///
/// # Errors
/// The store's.
pub async fn of_project(tx: &Tx, project: &ProjectId, most: u32) -> db::Result<Vec<Candidate>> {
    tx.list_candidates(project, None, most).await
}
