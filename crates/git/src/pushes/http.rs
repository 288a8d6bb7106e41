use super::model::{Push, PushState};
use super::service;
use super::store::After;
use crate::Context;
use crate::repositories::ReadRepository;
use access::http::Permit;
use base::{Next, ProjectId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// The record of one move of a branch or tag.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PushView {
    pub id: String,
    /// In full: `refs/heads/my-change`.
    pub reference: String,
    /// The branch; null for a tag.
    pub branch: Option<String>,
    /// The commit before; null where the ref was made.
    pub old: Option<String>,
    /// The commit after; null where the ref was deleted.
    pub new: Option<String>,
    /// Who, by their token; null if nobody knows.
    pub pusher: Option<String>,
    pub state: PushState,
    /// Whether commits were taken away from the branch.
    pub rewritten: bool,
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// When its outcome was found.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Timestamp>,
    pub next: Next,
}

impl From<Push> for PushView {
    fn from(push: Push) -> Self {
        let (next, branch) = (push.next(), push.branch().map(str::to_owned));
        Self {
            id: push.id,
            reference: push.reference,
            branch,
            old: push.old,
            new: push.new,
            pusher: push.pusher.map(|person| person.0),
            state: push.state,
            rewritten: push.rewritten,
            recorded_at: push.recorded_at,
            settled_at: push.settled_at,
            next,
        }
    }
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes.with(web::route!(Permit<ReadRepository>, list_pushes))
}

/// List the pushes to a project's repository, the newest first.
#[utoipa::path(get, path = "/projects/{id}/pushes", tag = "code", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<PushView>), (status = "default", body = Problem)))]
pub(super) async fn list_pushes(
    permit: Permit<ReadRepository>,
    State(cx): State<Context>,
    Path(id): Path<ProjectId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<PushView>>, Problem> {
    let (after, limit): (Option<After>, u32) = (paging.after()?, paging.limit());
    let (found, total) = service::list(&cx, &permit, &id, after.as_ref(), limit + 1).await?;
    let page = Page::of(found, limit, |push| (push.recorded_at.0, push.id.clone())).map(PushView::from);
    Ok(Json(Page { total: Some(total), ..page }))
}
