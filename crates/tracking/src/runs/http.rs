//! MLflow's routes of runs and of the histories of their metrics; `log_http` has those that log.
use super::model::{RunStatus, from_ms};
use super::search::{Search, search};
use super::service::{self, NewRun, Update};
use super::{DeleteRun, LogRun, MetricWire, inputs, metrics, wire};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::{Lifecycle, ReadExperiment};
use crate::spaces::Mount;
use crate::wire::{Call, Fields, page, protocol};
use access::http::Permit;
use serde_json::{Value, json};
use web::{Json, Problem, Raw, Routes, State};

/// The routes.
pub(crate) fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/create", create_run);
    let routes = protocol!(routes, Permit<ReadExperiment>, "GET", "runs/get", get_run);
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/update", update_run);
    let routes = protocol!(routes, Permit<DeleteRun>, "POST", "runs/delete", delete_run);
    let routes = protocol!(routes, Permit<DeleteRun>, "POST", "runs/restore", restore_run);
    let routes = protocol!(routes, Permit<ReadExperiment>, "POST", "runs/search", search_runs);
    let routes = protocol!(routes, Permit<ReadExperiment>, "GET", "metrics/get-history", get_history);
    let routes = protocol!(
        routes,
        Permit<ReadExperiment>,
        "GET",
        "metrics/get-history-bulk-interval",
        get_history_bulk_interval
    );
    let routes = protocol!(routes, Permit<ReadExperiment>, "GET", "metrics/get-history-bulk", get_history_bulk);
    let routes = protocol!(routes, Permit<ReadExperiment>, "POST", "experiments/search-datasets", search_datasets);
    // The genuine definition lacks a slash, so clients call it so.
    let slip = Raw("POST", "/api/2.0mlflow/experiments/search-datasets");
    let routes = routes.with(slip.route(std::marker::PhantomData::<Permit<ReadExperiment>>, search_datasets).basic());
    super::log_http::routes(routes)
}

/// Returns the run that a call means: clients send its id under two names.
pub(crate) fn run_id(fields: &Fields) -> Result<String> {
    match fields.find_text("run_id")?.filter(|id| !id.is_empty()) {
        Some(id) => Ok(id),
        None => fields.find_text("run_uuid")?.filter(|id| !id.is_empty()).ok_or_else(|| {
            fields
                .text("run_id")
                .err()
                .unwrap_or_else(|| Error::invalid("Missing value for required parameter 'run_id'."))
        }),
    }
}

async fn create_run(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let new = NewRun {
        experiment: fields.find_text("experiment_id")?.filter(|id| !id.is_empty()).unwrap_or_else(|| "0".into()),
        name: fields.find_text("run_name")?,
        user: fields.find_text("user_id")?,
        started_at: fields.find_whole("start_time")?.map(from_ms).transpose()?,
        tags: fields.tags("tags")?,
    };
    let (found, data) = service::create(&cx, &permit, &mount, &new).await?;
    Ok(Json(json!({"run": wire::run(&found, &data)})))
}

async fn get_run(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (found, data) = service::get(&cx, &permit, &run_id(&fields)?).await?;
    Ok(Json(json!({"run": wire::run(&found, &data)})))
}

async fn update_run(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let status = fields.find_text("status")?.filter(|word| !word.is_empty());
    let read = |word: String| {
        let known = RunStatus::ALL.iter().find(|status| status.as_str().eq_ignore_ascii_case(&word));
        known.copied().ok_or_else(|| Error::invalid(format!("Invalid run status '{}'", crate::shown(&word))))
    };
    let what = Update {
        status: status.map(read).transpose()?,
        ended_at: fields.find_whole("end_time")?.map(from_ms).transpose()?,
        name: fields.find_text("run_name")?,
    };
    let found = service::update(&cx, &permit, &run_id(&fields)?, &what).await?;
    Ok(Json(json!({"run_info": wire::info(&found)})))
}

async fn delete_run(
    permit: Permit<DeleteRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    service::delete_or_restore(&cx, &permit, &run_id(&fields)?, Lifecycle::Deleted).await?;
    Ok(Json(json!({})))
}

async fn restore_run(
    permit: Permit<DeleteRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    service::delete_or_restore(&cx, &permit, &run_id(&fields)?, Lifecycle::Active).await?;
    Ok(Json(json!({})))
}

async fn search_runs(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let what = Search {
        filter: fields.text_or_empty("filter")?,
        order_by: fields.texts("order_by")?,
        state: crate::experiments::view(&fields, "run_view_type")?,
        token: fields.find_text("page_token")?.filter(|token| !token.is_empty()),
        limit: fields.max_results(1_000, 50_000)?,
    };
    let (found, next) = search(&cx, &permit, &mount, &fields.texts("experiment_ids")?, &what).await?;
    let runs: Vec<Value> = found.iter().map(|(found, data)| wire::run(found, data)).collect();
    Ok(Json(page("runs", &runs, next)))
}

async fn get_history(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<web::Json<History>, Problem> {
    let (run, key) = (run_id(&fields)?, fields.text("metric_key")?);
    let token = fields.find_text("page_token")?.filter(|token| !token.is_empty());
    let limit = fields.max_results(25_000, 25_000)?;
    let (points, next_page_token) = metrics::history(&cx, &permit, &run, &key, token.as_deref(), limit).await?;
    Ok(Json(History { metrics: vec![(None, points)], next_page_token }))
}

/// Histories, written out without another copy: they are long.
#[derive(Debug)]
struct History {
    metrics: Vec<(Option<String>, Vec<super::Point>)>,
    next_page_token: Option<String>,
}

impl serde::Serialize for History {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = to.serialize_map(None)?;
        if self.metrics.iter().any(|(_, points)| !points.is_empty()) {
            map.serialize_entry("metrics", &Points(&self.metrics))?;
        }
        if let Some(token) = &self.next_page_token {
            map.serialize_entry("next_page_token", token)?;
        }
        map.end()
    }
}

struct Points<'a>(&'a [(Option<String>, Vec<super::Point>)]);

impl serde::Serialize for Points<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        let all = self.0.iter().flat_map(|(run, points)| points.iter().map(|point| (run.as_deref(), point)));
        to.collect_seq(all.map(|(run, point)| MetricWire::of(point, run)))
    }
}

async fn get_history_bulk_interval(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<History>, Problem> {
    let steps =
        (fields.find_whole("start_step")?.unwrap_or(i64::MIN), fields.find_whole("end_step")?.unwrap_or(i64::MAX));
    let (runs, key) = (fields.texts("run_ids")?, fields.text("metric_key")?);
    let limit = fields.max_results(2_500, 2_500)?;
    let histories = metrics::histories(&cx, &permit, &runs, &key, steps, limit).await?;
    let metrics = histories.into_iter().map(|(run, points)| (Some(run), points)).collect();
    Ok(Json(History { metrics, next_page_token: None }))
}

async fn get_history_bulk(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<History>, Problem> {
    let (runs, key) = (fields.texts("run_id")?, fields.text("metric_key")?);
    let limit = fields.max_results(25_000, 25_000)?;
    let histories = metrics::histories(&cx, &permit, &runs, &key, (i64::MIN, i64::MAX), limit).await?;
    let metrics = histories.into_iter().map(|(run, points)| (Some(run), points)).collect();
    Ok(Json(History { metrics, next_page_token: None }))
}

async fn search_datasets(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let found = inputs::summaries(&cx, &permit, &mount, &fields.texts("experiment_ids")?).await?;
    let summary = |(experiment, summary): &(String, super::inputs_store::Summary)| {
        let mut shown = json!({"experiment_id": experiment, "name": summary.name, "digest": summary.digest});
        if !summary.context.is_empty() {
            shown["context"] = json!(summary.context);
        }
        shown
    };
    let found: Vec<Value> = found.iter().map(summary).collect();
    Ok(Json(page("dataset_summaries", &found, None)))
}
