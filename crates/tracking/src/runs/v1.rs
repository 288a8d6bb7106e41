//! Runs, histories and files for the UI and the command line.
use super::model::{Data, Found};
use super::search::{Search, search};
use super::{RunStatus, metrics, service};
use crate::Context;
use crate::artifacts;
use crate::experiments::{Lifecycle, ReadExperiment};
use crate::spaces::Mount;
use access::http::Permit;
use base::{Next, Timestamp, Tone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// How many points of a history a page shows at most.
const POINTS: u32 = 2_000;

/// A dataset that a run read, as it was logged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunDataset {
    pub name: String,
    pub digest: String,
    /// `train`, `eval`; empty if its client did not say.
    pub context: String,
    pub source: String,
}

/// A run as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExperimentRunView {
    pub id: String,
    pub name: String,
    /// The id of its experiment.
    pub experiment: String,
    pub space: String,
    pub state: RunStatus,
    pub deleted: bool,
    /// Who it says it is of.
    pub user: String,
    /// Who logged it: a person, or `environment:credit-risk/dev`.
    pub created_by: String,
    /// The attempt of a step that logged it.
    pub attempt: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    pub params: BTreeMap<String, String>,
    /// The latest value of each metric; null for NaN.
    pub metrics: BTreeMap<String, Option<f64>>,
    pub tags: BTreeMap<String, String>,
    pub datasets: Vec<RunDataset>,
    /// The logged models that it made.
    pub models: Vec<String>,
    pub next: Next,
}

impl ExperimentRunView {
    fn of(found: Found, data: Data) -> Self {
        let Found { run, experiment } = found;
        let deleted = run.state == Lifecycle::Deleted;
        let (tone, _, label) = run.status.look();
        let (tone, text) = if deleted { (Tone::Idle, "Deleted".to_owned()) } else { (tone, label.to_owned()) };
        let reason = match (&run.attempt, run.status) {
            (Some(attempt), _) => format!("Logged by attempt {attempt}."),
            (None, RunStatus::Running) => "Its client has not said yet how it ended.".to_owned(),
            (None, _) => format!("Logged by {}.", run.created_by),
        };
        let context = |tags: &[crate::wire::Tag]| {
            let tag = tags.iter().find(|tag| tag.key == super::inputs_store::CONTEXT);
            tag.map(|tag| tag.value.clone()).unwrap_or_default()
        };
        let dataset = |dataset: super::model::Dataset| RunDataset {
            context: context(&dataset.tags),
            name: dataset.name,
            digest: dataset.digest,
            source: dataset.source,
        };
        let map = |tags: Vec<crate::wire::Tag>| tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        Self {
            id: run.id,
            name: run.name,
            experiment: experiment.id,
            space: experiment.space.to_string(),
            state: run.status,
            deleted,
            user: run.user,
            created_by: run.created_by.0,
            attempt: run.attempt.map(|attempt| attempt.0),
            started_at: run.started_at,
            ended_at: run.ended_at,
            params: map(data.params),
            metrics: data
                .metrics
                .into_iter()
                .map(|metric| (metric.key, (!metric.is_nan).then_some(metric.value)))
                .collect(),
            tags: map(data.tags),
            datasets: data.datasets.into_iter().map(dataset).collect(),
            models: data.models.into_iter().filter(|link| link.made).map(|link| link.model).collect(),
            next: Next { tone, text, reason, action: None },
        }
    }
}

/// Which runs to list, and how.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunQuery {
    /// As MLflow's clients write it: `metrics.auc > 0.7 AND params.seed = '7'`.
    pub filter: Option<String>,
    /// `metrics.auc DESC`, `params.seed`, `start_time`; the newest first unless said.
    pub order_by: Option<String>,
}

/// A point of a metric.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PointView {
    pub step: i64,
    /// Null for NaN.
    pub value: Option<f64>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A metric's history, thinned evenly where it is long.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryView {
    pub key: String,
    pub points: Vec<PointView>,
}

/// Which folder to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FolderQuery {
    /// The folder, from the run's root; the root unless said.
    pub path: Option<String>,
}

/// A file or folder of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArtifactView {
    /// From the run's root.
    pub path: String,
    pub is_folder: bool,
    pub size_bytes: Option<u64>,
}

/// What lies in a folder of a run.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FolderView {
    /// Where the run's files lie, as MLflow's clients name it.
    pub root_uri: String,
    pub items: Vec<ArtifactView>,
}

/// The routes.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadExperiment>, list_experiment_runs))
        .with(web::route!(Permit<ReadExperiment>, get_experiment_run))
        .with(web::route!(Permit<ReadExperiment>, get_metric_history))
        .with(web::route!(Permit<ReadExperiment>, list_run_artifacts))
}

/// List the runs of an experiment.
#[utoipa::path(get, path = "/experiments/{id}/runs", tag = "tracking",
    params(("id" = String, Path), RunQuery, Paging),
    responses((status = 200, body = Page<ExperimentRunView>), (status = "default", body = Problem)))]
pub(super) async fn list_experiment_runs(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Query(query): Query<RunQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ExperimentRunView>>, Problem> {
    let what = Search {
        filter: query.filter.unwrap_or_default(),
        order_by: query.order_by.into_iter().filter(|text| !text.trim().is_empty()).collect(),
        state: Some(Lifecycle::Active),
        token: paging.cursor.clone(),
        limit: paging.limit(),
    };
    // `0` means nothing here, and an absent experiment is not an empty one.
    service::check_experiment(&cx, &permit, &id).await?;
    let (found, next_cursor) = search(&cx, &permit, &Mount::Root, &[id], &what).await?;
    let items = found.into_iter().map(|(found, data)| ExperimentRunView::of(found, data)).collect();
    Ok(Json(Page { items, next_cursor, total: None }))
}

/// Show a run.
#[utoipa::path(get, path = "/experiment-runs/{id}", tag = "tracking", params(("id" = String, Path)),
    responses((status = 200, body = ExperimentRunView), (status = "default", body = Problem)))]
pub(super) async fn get_experiment_run(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<ExperimentRunView>, Problem> {
    let (found, data) = service::get(&cx, &permit, &id).await?;
    Ok(Json(ExperimentRunView::of(found, data)))
}

/// Show how a metric went: up to 2,000 points by step.
#[utoipa::path(get, path = "/experiment-runs/{id}/metrics/{key}", tag = "tracking",
    params(("id" = String, Path), ("key" = String, Path)),
    responses((status = 200, body = HistoryView), (status = "default", body = Problem)))]
pub(super) async fn get_metric_history(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path((id, key)): Path<(String, String)>,
) -> Result<Json<HistoryView>, Problem> {
    let points = metrics::thinned(&cx, &permit, &id, &key, POINTS).await?;
    let points = points.iter().map(|point| PointView {
        step: point.step,
        value: (!point.is_nan).then_some(point.value),
        at: Timestamp(point.at_ms.saturating_mul(1_000)),
    });
    Ok(Json(HistoryView { points: points.collect(), key }))
}

/// List a folder of a run's files.
#[utoipa::path(get, path = "/experiment-runs/{id}/artifacts", tag = "tracking",
    params(("id" = String, Path), FolderQuery),
    responses((status = 200, body = FolderView), (status = "default", body = Problem)))]
pub(super) async fn list_run_artifacts(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path(id): Path<String>,
    Query(query): Query<FolderQuery>,
) -> Result<Json<FolderView>, Problem> {
    let path = query.path.unwrap_or_default();
    let (root_uri, entries) = artifacts::list_of_run(&cx, &permit, &id, &path).await?;
    let item = |entry: artifacts::Entry| ArtifactView {
        path: entry.name,
        is_folder: entry.size_bytes.is_none(),
        size_bytes: entry.size_bytes,
    };
    Ok(Json(FolderView { root_uri, items: entries.into_iter().map(item).collect() }))
}
