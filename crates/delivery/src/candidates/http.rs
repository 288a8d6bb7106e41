use super::model::next_of_release;
use super::review::ReviewView;
use super::service::{self, Shown, ShownRelease};
use super::{ReadCandidate, ReleaseState};
use crate::Context;
use crate::authors::AuthorView;
use crate::gates::JudgedCheck;
use crate::promotions::{Promotion, PromotionKind, PromotionState, environment_of};
use crate::release::store::After;
use access::Permit;
use base::{Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A version of a dataset that a candidate rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CandidateDataset)]
pub struct DatasetVersionView {
    pub dataset: String,
    pub version: i64,
}

/// A promotion of a candidate, in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CandidatePromotion {
    pub id: String,
    pub environment: String,
    pub state: PromotionState,
    pub kind: PromotionKind,
}

/// A candidate as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CandidateView {
    pub project: String,
    pub number: i64,
    /// SHA-256 over all that it is.
    pub digest: String,
    pub commit: String,
    /// The first line of the commit's message.
    pub subject: String,
    pub model: String,
    pub version: i64,
    /// The digest of the exported model's file.
    pub onnx: String,
    /// The run that made it.
    pub run: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Everyone who had a hand in it, counted from what was live in prod when it was cut; none of them may approve it.
    pub authors: Vec<AuthorView>,
    /// Names in its commits that belong to nobody on record; one of them is enough to keep it from being approved.
    pub unmapped: Vec<String>,
    pub datasets: Vec<DatasetVersionView>,
    /// Those that every grant behind it shares.
    pub purposes: Vec<String>,
    pub checks: Vec<JudgedCheck>,
    /// The newest first.
    pub promotions: Vec<CandidatePromotion>,
    pub next: Next,
}

impl From<Shown> for CandidateView {
    fn from(shown: Shown) -> Self {
        let Shown { candidate, promotions, may_promote } = shown;
        let (next, model) = (candidate.next(may_promote), candidate.model().clone());
        let short = |one: Promotion| CandidatePromotion {
            id: one.id,
            environment: one.environment,
            state: one.state,
            kind: one.kind,
        };
        let content = candidate.content;
        let datasets =
            content.datasets.into_iter().map(|one| DatasetVersionView { dataset: one.dataset.0, version: one.version });
        Self {
            project: candidate.project.0,
            number: candidate.number,
            digest: candidate.digest.to_string(),
            commit: content.commit,
            subject: candidate.subject,
            model: model.model,
            version: model.version,
            onnx: model.onnx.to_string(),
            run: candidate.run.0,
            created_at: candidate.created_at,
            authors: candidate.authors.known.into_iter().map(AuthorView::from).collect(),
            unmapped: candidate.authors.unmapped,
            datasets: datasets.collect(),
            purposes: content.purposes.into_iter().map(|purpose| purpose.0).collect(),
            checks: candidate.checks,
            promotions: promotions.into_iter().map(short).collect(),
            next,
        }
    }
}

/// What followed a move of `main`, as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReleaseView {
    pub commit: String,
    /// The first line of the commit's message; empty while the run goes on.
    pub subject: String,
    /// The run; null where nothing could be run.
    pub run: Option<String>,
    pub state: ReleaseState,
    /// The number of the candidate that came of it.
    pub candidate: Option<i64>,
    /// Why none did.
    pub reason: Option<String>,
    pub checks: Vec<JudgedCheck>,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    pub next: Next,
}

impl From<ShownRelease> for ReleaseView {
    fn from(shown: ShownRelease) -> Self {
        let state = shown.state();
        let ShownRelease { release, outcome } = shown;
        let reason = outcome.as_ref().and_then(|outcome| outcome.reason.clone()).or(release.refused);
        let candidate = outcome.as_ref().and_then(|outcome| outcome.candidate);
        let next = next_of_release(state, candidate, reason.as_deref());
        let (subject, checks) = outcome.map(|outcome| (outcome.subject, outcome.checks)).unwrap_or_default();
        Self {
            commit: release.commit,
            subject,
            run: release.run.map(|run| run.0),
            state,
            candidate,
            reason,
            checks,
            started_at: release.started_at,
            next,
        }
    }
}

/// For which environment to review a candidate.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Reviewed {
    /// `preprod` or `prod`.
    environment: String,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadCandidate>, list_candidates))
        .with(web::route!(Permit<ReadCandidate>, get_candidate))
        .with(web::route!(Permit<ReadCandidate>, review_candidate))
        .with(web::route!(Permit<ReadCandidate>, list_releases))
}

/// List the candidates of a project, the newest first.
#[utoipa::path(get, path = "/projects/{id}/candidates", tag = "delivery", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<CandidateView>), (status = "default", body = Problem)))]
pub(super) async fn list_candidates(
    permit: Permit<ReadCandidate>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<CandidateView>>, Problem> {
    let (after, limit): (Option<i64>, u32) = (paging.after()?, paging.limit());
    let (found, total) = service::list(&cx, &permit, &id, (after, limit + 1)).await?;
    let page = Page::of(found, limit, |shown| shown.candidate.number).map(CandidateView::from);
    Ok(Json(Page { total: Some(total), ..page }))
}

/// Show a candidate: what it is made of, who made it, how it was judged.
#[utoipa::path(get, path = "/projects/{id}/candidates/{number}", tag = "delivery",
    params(("id" = String, Path), ("number" = i64, Path)),
    responses((status = 200, body = CandidateView), (status = "default", body = Problem)))]
pub(super) async fn get_candidate(
    permit: Permit<ReadCandidate>,
    State(cx): State<Context>,
    Path((id, number)): Path<(ProjectId, i64)>,
) -> Result<Json<CandidateView>, Problem> {
    Ok(Json(service::get(&cx, &permit, &id, number).await?.into()))
}

/// Show what somebody who decides on a candidate should look at.
#[utoipa::path(get, path = "/projects/{id}/candidates/{number}/review", tag = "delivery",
    params(("id" = String, Path), ("number" = i64, Path), Reviewed),
    responses((status = 200, body = ReviewView), (status = "default", body = Problem)))]
pub(super) async fn review_candidate(
    permit: Permit<ReadCandidate>,
    State(cx): State<Context>,
    Path((id, number)): Path<(ProjectId, i64)>,
    Query(reviewed): Query<Reviewed>,
) -> Result<Json<ReviewView>, Problem> {
    let environment = environment_of(&reviewed.environment)?;
    Ok(Json(service::review(&cx, &permit, &id, (number, environment)).await?))
}

/// List what followed the moves of `main`, the newest first.
#[utoipa::path(get, path = "/projects/{id}/releases", tag = "delivery", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<ReleaseView>), (status = "default", body = Problem)))]
pub(super) async fn list_releases(
    permit: Permit<ReadCandidate>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ReleaseView>>, Problem> {
    let (after, limit): (Option<After>, u32) = (paging.after()?, paging.limit());
    let found = service::list_releases(&cx, &permit, &id, (after.as_ref(), limit + 1)).await?;
    let page = Page::of(found, limit, |shown| (shown.release.started_at.0, shown.release.commit.clone()));
    Ok(Json(page.map(ReleaseView::from)))
}
