use super::model::{Outcome, time_of};
use super::service::{self, NewBatch, Shown};
use super::{BatchState, CreateBatch, ReadBatch, RemoveBatch, StartBatch};
use crate::Context;
use access::{Once, Permit};
use axum::http::StatusCode;
use base::{DatasetId, Next, ProjectId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// A batch job to be set up.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatchBody {
    /// The endpoint that scores: `prod.credit`.
    pub endpoint: String,
    /// Unique for the endpoint: `nightly`.
    pub name: String,
    /// What is scored, `lake.schema.table`: the rows that are in all of them.
    pub datasets: Vec<String>,
    /// The column that a record is known by in each.
    pub key: String,
    /// Where predictions go: `lake.schema.table`.
    pub output: String,
    /// When it starts by itself each day, in UTC: `02:00`. Only when asked, if absent.
    pub daily_at: Option<String>,
}

/// A batch job as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchView {
    pub id: String,
    pub endpoint: String,
    pub project: String,
    /// `credit-risk/prod`.
    pub environment: String,
    pub name: String,
    pub datasets: Vec<String>,
    pub key: String,
    pub output: String,
    pub daily_at: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    pub state: BatchState,
    /// The run that scores now.
    pub run: Option<String>,
    /// What came of the last run.
    pub last: Option<Outcome>,
    pub made_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub may_start: bool,
    pub next: Next,
}

impl From<Shown> for BatchView {
    fn from(Shown { batch, may_start }: Shown) -> Self {
        Self {
            next: batch.next(may_start),
            id: batch.id,
            endpoint: batch.endpoint,
            project: batch.project.0,
            environment: batch.environment.0,
            name: batch.name,
            datasets: batch.datasets.into_iter().map(|dataset| dataset.0).collect(),
            key: batch.key,
            output: batch.output.0,
            daily_at: batch.daily_at.map(time_of),
            next_at: batch.next_at,
            state: batch.state,
            run: batch.run.map(|run| run.0),
            last: batch.last,
            made_by: batch.made_by.0,
            created_at: batch.created_at,
            may_start,
        }
    }
}

/// What a list of batch jobs is narrowed to.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListBatches {
    pub project: Option<String>,
    /// What the page before called `next_cursor`.
    pub cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    pub limit: Option<u32>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadBatch>, list_batches))
        .with(web::route!(Permit<CreateBatch>, create_batch))
        .with(web::route!(Permit<ReadBatch>, get_batch))
        .with(web::route!(Permit<StartBatch>, start_batch))
        .with(web::route!(Permit<RemoveBatch>, remove_batch))
}

/// List the batch jobs that you may see.
#[utoipa::path(get, path = "/batches", tag = "serving", params(ListBatches),
    responses((status = 200, body = Page<BatchView>), (status = "default", body = Problem)))]
pub(super) async fn list_batches(
    permit: Permit<ReadBatch>,
    State(cx): State<Context>,
    Query(query): Query<ListBatches>,
) -> Result<Json<Page<BatchView>>, Problem> {
    let paging = Paging { cursor: query.cursor, limit: query.limit };
    let (after, project): (Option<String>, _) = (paging.after()?, query.project.map(ProjectId));
    let rows = service::list(&cx, &permit, project.as_ref(), after.as_deref(), paging.limit() + 1).await?;
    Ok(Json(Page::of(rows, paging.limit(), |row| row.batch.id.clone()).map(BatchView::from)))
}

/// Set up a batch job: an endpoint that scores datasets into another, when asked or every day.
#[utoipa::path(post, path = "/batches", tag = "serving", request_body = NewBatchBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = BatchView), (status = "default", body = Problem)))]
pub(super) async fn create_batch(
    permit: Permit<CreateBatch>,
    State(cx): State<Context>,
    once: Once,
    Json(new): Json<NewBatchBody>,
) -> Result<(StatusCode, Json<BatchView>), Problem> {
    let new = NewBatch {
        endpoint: new.endpoint,
        name: new.name,
        datasets: new.datasets.into_iter().map(DatasetId).collect(),
        key: new.key,
        output: DatasetId(new.output),
        daily_at: new.daily_at,
    };
    Ok((StatusCode::CREATED, Json(service::create(&cx, &permit, &once, &new).await?.into())))
}

/// Show a batch job, and what came of its last run.
#[utoipa::path(get, path = "/batches/{id}", tag = "serving", params(("id" = String, Path)),
    responses((status = 200, body = BatchView), (status = "default", body = Problem)))]
pub(super) async fn get_batch(
    permit: Permit<ReadBatch>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    Ok(Json(service::get(&cx, &permit, &id).await?.into()))
}

/// Have a batch job score now.
#[utoipa::path(post, path = "/batches/{id}/start", tag = "serving", params(("id" = String, Path)),
    responses((status = 200, body = BatchView), (status = "default", body = Problem)))]
pub(super) async fn start_batch(
    permit: Permit<StartBatch>,
    State(cx): State<Context>,
    once: Once,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    Ok(Json(service::start(&cx, &permit, &once, &id).await?.into()))
}

/// End a batch job for good; what it published stays.
#[utoipa::path(post, path = "/batches/{id}/remove", tag = "serving", params(("id" = String, Path)),
    responses((status = 200, body = BatchView), (status = "default", body = Problem)))]
pub(super) async fn remove_batch(
    permit: Permit<RemoveBatch>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    Ok(Json(service::remove(&cx, &permit, &id).await?.into()))
}
