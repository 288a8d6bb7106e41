use super::store::After;
use super::{Merge, MergeBranch, MergeState, ReadMerge, service};
use crate::Context;
use access::{Once, Permit};
use base::{Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A branch to bring to `main`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMerge {
    /// Without `refs/heads/`.
    pub branch: String,
    /// The commit that you looked at, all 40 digits: the merge is refused if the branch has moved since.
    #[serde(default)]
    pub commit: Option<String>,
}

/// A merge as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MergeView {
    pub id: String,
    pub project: String,
    pub branch: String,
    /// The commit that `main` was at.
    pub from: String,
    /// The commit that it moved to.
    pub commit: String,
    /// Who merged; they count as pusher.
    pub merged_by: String,
    pub state: MergeState,
    /// Why it was not carried out.
    pub reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub next: Next,
}

impl From<Merge> for MergeView {
    fn from(merge: Merge) -> Self {
        let next = merge.next();
        Self {
            id: merge.id,
            project: merge.project.0,
            branch: merge.branch,
            from: merge.from,
            commit: merge.commit,
            merged_by: merge.merged_by.0,
            state: merge.state,
            reason: merge.reason,
            asked_at: merge.asked_at,
            ended_at: merge.ended_at,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<MergeBranch>, merge_branch)).with(web::route!(Permit<ReadMerge>, list_merges))
}

/// Bring `main` forward to a branch whose checks are green.
#[utoipa::path(post, path = "/projects/{id}/merges", tag = "delivery", params(("id" = String, Path)),
    request_body = NewMerge, responses((status = 200, body = MergeView), (status = "default", body = Problem)))]
pub(super) async fn merge_branch(
    permit: Permit<MergeBranch>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    once: Once,
    Json(new): Json<NewMerge>,
) -> Result<Json<MergeView>, Problem> {
    Ok(Json(service::merge(&cx, &permit, &once, &id, &new).await?.into()))
}

/// List the merges of a project, the newest first.
#[utoipa::path(get, path = "/projects/{id}/merges", tag = "delivery", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<MergeView>), (status = "default", body = Problem)))]
pub(super) async fn list_merges(
    permit: Permit<ReadMerge>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<MergeView>>, Problem> {
    let (after, limit): (Option<After>, u32) = (paging.after()?, paging.limit());
    let (found, total) = service::list(&cx, &permit, &id, after.as_ref(), limit + 1).await?;
    let page = Page::of(found, limit, |merge| (merge.asked_at.0, merge.id.clone())).map(MergeView::from);
    Ok(Json(Page { total: Some(total), ..page }))
}
