//! MLflow's routes of logged models.
use super::LoggedModelState;
use super::model::{FoundModel, ModelData, ModelMetric};
use super::service::{self, NewModel, Search};
use crate::Context;
use crate::artifacts;
use crate::error::{Error, Result};
use crate::experiments::ReadExperiment;
use crate::runs::{DeleteRun, LogRun, metric_value};
use crate::spaces::Mount;
use crate::wire::{Call, page, protocol};
use access::http::Permit;
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Json, Path, Problem, Routes, State};

/// The model that a path names, with or without a project before it.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    model_id: String,
}

/// A tag of a model that a path names.
#[derive(Debug, Deserialize)]
struct NamedTag {
    model_id: String,
    key: String,
}

/// The routes.
pub(crate) fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = protocol!(routes, Permit<LogRun>, "POST", "logged-models", create_logged_model);
    let routes = protocol!(routes, Permit<ReadExperiment>, "POST", "logged-models/search", search_logged_models);
    let routes = protocol!(routes, Permit<ReadExperiment>, "GET", "logged-models/{model_id}", get_logged_model);
    let routes = protocol!(routes, Permit<LogRun>, "PATCH", "logged-models/{model_id}", finalize_logged_model);
    let routes = protocol!(routes, Permit<DeleteRun>, "DELETE", "logged-models/{model_id}", delete_logged_model);
    let routes = protocol!(routes, Permit<LogRun>, "POST", "logged-models/{model_id}/params", log_model_params);
    let routes = protocol!(routes, Permit<LogRun>, "PATCH", "logged-models/{model_id}/tags", set_model_tags);
    let routes = protocol!(routes, Permit<LogRun>, "DELETE", "logged-models/{model_id}/tags/{key}", delete_model_tag);
    protocol!(
        routes,
        Permit<ReadExperiment>,
        "GET",
        "logged-models/{model_id}/artifacts/directories",
        list_model_artifacts
    )
}

fn metric(model: &str, metric: &ModelMetric) -> Value {
    let mut shown = json!({
        "key": metric.key, "value": metric_value(metric.value, metric.is_nan), "timestamp": metric.at_ms,
        "step": metric.step, "model_id": model, "run_id": metric.run,
    });
    for (field, text) in [("dataset_name", &metric.dataset_name), ("dataset_digest", &metric.dataset_digest)] {
        if !text.is_empty() {
            shown[field] = json!(text);
        }
    }
    shown
}

/// Returns the metrics of a model as clients read them.
pub(crate) fn metrics(model: &str, metrics: &[ModelMetric]) -> Vec<Value> {
    metrics.iter().map(|one| metric(model, one)).collect()
}

/// Returns a logged model as clients read it.
fn wire(found: &FoundModel, data: &ModelData) -> Value {
    let model = &found.model;
    let mut info = json!({
        "model_id": model.id, "experiment_id": found.experiment.client_id(), "name": model.name,
        "creation_timestamp_ms": model.created_at.0 / 1_000, "last_updated_timestamp_ms": model.changed_at.0 / 1_000,
        "artifact_uri": found.artifact_uri(), "status": model.state.word(),
    });
    for (field, text) in [
        ("model_type", &model.model_type),
        ("source_run_id", &model.source_run),
        ("status_message", &model.status_message),
    ] {
        if !text.is_empty() {
            info[field] = json!(text);
        }
    }
    if !data.tags.is_empty() {
        info["tags"] = json!(data.tags);
    }
    if !data.registrations.is_empty() {
        let registered = |(name, version): &(String, i64)| json!({"name": name, "version": version.to_string()});
        info["registrations"] = data.registrations.iter().map(registered).collect();
    }
    let mut rest = serde_json::Map::new();
    if !data.params.is_empty() {
        rest.insert("params".into(), json!(data.params));
    }
    if !data.metrics.is_empty() {
        rest.insert("metrics".into(), metrics(&model.id, &data.metrics).into());
    }
    json!({"info": info, "data": rest})
}

async fn create_logged_model(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let new = NewModel {
        experiment: fields.text("experiment_id")?,
        name: fields.find_text("name")?,
        model_type: fields.text_or_empty("model_type")?,
        source_run: fields.text_or_empty("source_run_id")?,
        params: fields.tags("params")?,
        tags: fields.tags("tags")?,
    };
    let (found, data) = service::create(&cx, &permit, &mount, &new).await?;
    Ok(Json(json!({"model": wire(&found, &data)})))
}

async fn get_logged_model(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
) -> Result<Json<Value>, Problem> {
    let (found, data) = service::get(&cx, &permit, &named.model_id).await?;
    Ok(Json(json!({"model": wire(&found, &data)})))
}

async fn finalize_logged_model(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let state = LoggedModelState::of_word(&fields.text("status")?)?;
    let (found, data) = service::finalize(&cx, &permit, &named.model_id, state).await?;
    Ok(Json(json!({"model": wire(&found, &data)})))
}

async fn delete_logged_model(
    permit: Permit<DeleteRun>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
) -> Result<Json<Value>, Problem> {
    service::delete(&cx, &permit, &named.model_id).await?;
    Ok(Json(json!({})))
}

async fn log_model_params(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    service::log_params(&cx, &permit, &named.model_id, &fields.tags("params")?).await?;
    Ok(Json(json!({})))
}

async fn set_model_tags(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (found, data) = service::set_tags(&cx, &permit, &named.model_id, &fields.tags("tags")?).await?;
    Ok(Json(json!({"model": wire(&found, &data)})))
}

async fn delete_model_tag(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Path(named): Path<NamedTag>,
) -> Result<Json<Value>, Problem> {
    service::delete_tag(&cx, &permit, &named.model_id, &named.key).await?;
    Ok(Json(json!({})))
}

async fn search_logged_models(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    if !fields.list("datasets")?.is_empty() {
        let text =
            "metrics of logged models cannot be filtered by dataset here; name the dataset in `order_by` instead";
        return Err(Error::Unsupported(text.into()).into());
    }
    let what = Search {
        experiments: fields.texts("experiment_ids")?,
        filter: fields.text_or_empty("filter")?,
        order_by: fields.list("order_by")?,
        token: fields.find_text("page_token")?.filter(|token| !token.is_empty()),
        limit: fields.max_results(100, 1_000)?,
    };
    let (found, next) = service::search(&cx, &permit, &mount, &what).await?;
    let models: Vec<Value> = found.iter().map(|(found, data)| wire(found, data)).collect();
    Ok(Json(page("models", &models, next)))
}

async fn list_model_artifacts(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let path = fields.text_or_empty("artifact_directory_path")?;
    let (root, files) = artifacts::list_of_model(&cx, &permit, &named.model_id, &path).await?;
    Ok(Json(artifacts::listing(&root, &files, None)))
}
