//! The jobs as people see them. `jobs` itself lies on the floor of `access` and so cannot ask for a permit.
use ::jobs::{Context, Filter, Job, JobState};
use access::http::Permit;
use access::{Columns, Refused};
use base::{Fault, JobId, Kind, Next, Timestamp};
use sea_orm::sea_query::Expr;
use serde::Deserialize;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

access::actions! {
    /// See a job: how far it is, and why it failed.
    ReadJob,
}

/// Why a job is not shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("job `{0}` does not exist")]
    NotFound(JobId),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("the metadata store failed")]
    Store(#[from] db::Error),
}

impl Fault for Error {
    fn fault(&self) -> (Kind, &'static str) {
        match self {
            Self::NotFound(_) => (Kind::NotFound, "jobs.not_found"),
            Self::Refused(inner) => inner.fault(),
            Self::Store(inner) => inner.fault(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound(_) => Some("ended jobs are kept for a week, failed ones for 90 days".into()),
            Self::Refused(inner) => inner.hint(),
            Self::Store(inner) => inner.hint(),
        }
    }
}

/// A piece of background work.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct JobView {
    id: String,
    /// What it does: `catalog.crawl`.
    kind: String,
    state: JobState,
    /// What it works on: `lake/retail`.
    scope: String,
    progress: ProgressView,
    /// How often it was tried.
    attempts: i64,
    /// Why the last attempt failed.
    reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Not before.
    #[schema(value_type = String, format = DateTime)]
    run_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    next: Next,
}

/// How far a job has come.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(crate) struct ProgressView {
    done: u64,
    /// 0 while unknown.
    total: u64,
    text: String,
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let next = job.next();
        let progress = ProgressView { done: job.progress.done, total: job.progress.total, text: job.progress.text };
        Self {
            id: job.id.0,
            kind: job.kind,
            state: job.state,
            scope: job.scope,
            progress,
            attempts: job.attempts,
            reason: job.reason,
            created_at: job.created_at,
            run_at: job.run_at,
            ended_at: job.ended_at,
            next,
        }
    }
}

/// Which jobs to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    state: Option<JobState>,
    kind: Option<String>,
    scope: Option<String>,
    /// What the page before called `next_cursor`.
    cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    limit: Option<u32>,
}

/// The routes below `/api/v1`.
pub(crate) fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadJob>, list_jobs));
    routes.with(web::route!(Permit<ReadJob>, get_job))
}

/// List jobs, the newest first.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobQuery),
    responses((status = 200, body = Page<JobView>), (status = "default", body = Problem)))]
pub(crate) async fn list_jobs(
    permit: Permit<ReadJob>,
    State(cx): State<Context>,
    Query(asked): Query<JobQuery>,
) -> Result<Json<Page<JobView>>, Problem> {
    let paging = Paging { cursor: asked.cursor, limit: asked.limit };
    let before: Option<String> = paging.after()?;
    let (before, limit) = (&before.map(JobId), paging.limit());
    let (permit, filter) = (&permit, &Filter { state: asked.state, kind: asked.kind, scope: asked.scope });
    let read = cx.db.read(|tx| async move {
        let columns = Columns::scope(Expr::col("scope")).asker(Expr::col("asker"));
        let seen = permit.visible(&tx).await?.condition(&columns);
        ::jobs::list_jobs(&tx, seen, filter, before.as_ref(), u64::from(limit) + 1).await
    });
    let found = read.await?;
    Ok(Json(Page::of(found, limit, |job| job.id.0.clone()).map(JobView::from)))
}

/// Show a job: its state and how far it is.
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = String, Path)),
    responses((status = 200, body = JobView), (status = "default", body = Problem)))]
pub(crate) async fn get_job(
    permit: Permit<ReadJob>,
    State(cx): State<Context>,
    Path(id): Path<JobId>,
) -> Result<Json<JobView>, Problem> {
    let (permit, id) = (&permit, &id);
    let read = cx.db.read(|tx| async move {
        let found = ::jobs::find_job(&tx, id).await?;
        let (job, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
        Ok::<_, Error>(job)
    });
    Ok(Json(read.await?.into()))
}
