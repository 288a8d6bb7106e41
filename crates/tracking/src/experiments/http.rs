//! MLflow's routes of experiments.
use super::service::{self, Search};
use super::{ChangeExperiment, CreateExperiment, DeleteExperiment, Lifecycle, ReadExperiment, Shown};
use crate::Context;
use crate::error::{Error, Result};
use crate::spaces::Mount;
use crate::wire::{Call, Fields, Tag, protocol};
use access::http::Permit;
use serde::Serialize;
use serde_json::{Value, json};
use web::{Json, Problem, Routes, State};

/// An experiment as clients read it.
#[derive(Debug, Serialize)]
pub(crate) struct Wire {
    experiment_id: String,
    name: String,
    artifact_location: String,
    lifecycle_stage: Lifecycle,
    creation_time: i64,
    last_update_time: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

impl Wire {
    fn of(shown: Shown) -> Self {
        let Shown { experiment, tags } = shown;
        Self {
            artifact_location: format!("mlflow-artifacts:/{}", experiment.client_id()),
            experiment_id: experiment.client_id().to_owned(),
            lifecycle_stage: experiment.state,
            creation_time: experiment.created_at.0 / 1_000,
            last_update_time: experiment.changed_at.0 / 1_000,
            name: experiment.name,
            tags,
        }
    }
}

/// The routes.
pub(crate) fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = protocol!(routes, Permit<CreateExperiment>, "POST", "experiments/create", create_experiment);
    let routes = protocol!(routes, Permit<ReadExperiment>, "GET", "experiments/get", get_experiment);
    let routes = protocol!(routes, Permit<ReadExperiment>, "GET", "experiments/get-by-name", get_experiment_by_name);
    let routes = protocol!(routes, Permit<ReadExperiment>, "POST", "experiments/search", search_experiments);
    let routes = protocol!(routes, Permit<ReadExperiment>, "GET", "experiments/search", search_experiments);
    let routes = protocol!(routes, Permit<ChangeExperiment>, "POST", "experiments/update", update_experiment);
    let routes = protocol!(routes, Permit<DeleteExperiment>, "POST", "experiments/delete", delete_experiment);
    let routes = protocol!(routes, Permit<DeleteExperiment>, "POST", "experiments/restore", restore_experiment);
    let routes =
        protocol!(routes, Permit<ChangeExperiment>, "POST", "experiments/set-experiment-tag", set_experiment_tag);
    protocol!(routes, Permit<ChangeExperiment>, "POST", "experiments/delete-experiment-tag", delete_experiment_tag)
}

async fn create_experiment(
    permit: Permit<CreateExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let name = fields.text("name")?;
    if fields.find_text("artifact_location")?.is_some_and(|place| !place.is_empty()) {
        return Err(Error::invalid("Artifacts are kept by this server: leave `artifact_location` out.").into());
    }
    let made = service::create(&cx, &permit, &mount, &name, &fields.tags("tags")?).await?;
    Ok(Json(json!({"experiment_id": made.client_id()})))
}

async fn get_experiment(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let shown = service::get(&cx, &permit, &mount, &fields.text("experiment_id")?).await?;
    Ok(Json(json!({"experiment": Wire::of(shown)})))
}

async fn get_experiment_by_name(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let shown = service::get_named(&cx, &permit, &mount, &fields.text("experiment_name")?).await?;
    Ok(Json(json!({"experiment": Wire::of(shown)})))
}

/// Reads `view_type`: which of the active and the deleted to show.
pub(crate) fn view(fields: &Fields, name: &str) -> Result<Option<Lifecycle>> {
    match fields.find_text(name)?.as_deref() {
        None | Some("" | "ACTIVE_ONLY") => Ok(Some(Lifecycle::Active)),
        Some("DELETED_ONLY") => Ok(Some(Lifecycle::Deleted)),
        Some("ALL") => Ok(None),
        Some(other) => Err(Error::invalid(format!("Invalid view type '{}'", crate::shown(other)))),
    }
}

async fn search_experiments(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let what = Search {
        filter: fields.text_or_empty("filter")?,
        order_by: fields.texts("order_by")?,
        state: view(&fields, "view_type")?,
        token: fields.find_text("page_token")?.filter(|token| !token.is_empty()),
        limit: fields.max_results(1_000, 50_000)?,
    };
    let (found, next) = service::search_here(&cx, &permit, &mount, &what).await?;
    let found: Vec<Wire> = found.into_iter().map(Wire::of).collect();
    Ok(Json(crate::wire::page("experiments", &found, next)))
}

async fn update_experiment(
    permit: Permit<ChangeExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let name = fields.find_text("new_name")?;
    service::rename(&cx, &permit, &mount, &fields.text("experiment_id")?, name.as_deref()).await?;
    Ok(Json(json!({})))
}

async fn delete_experiment(
    permit: Permit<DeleteExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let id = fields.text("experiment_id")?;
    service::delete_or_restore(&cx, &permit, &mount, &id, Lifecycle::Deleted).await?;
    Ok(Json(json!({})))
}

async fn restore_experiment(
    permit: Permit<DeleteExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let id = fields.text("experiment_id")?;
    service::delete_or_restore(&cx, &permit, &mount, &id, Lifecycle::Active).await?;
    Ok(Json(json!({})))
}

async fn set_experiment_tag(
    permit: Permit<ChangeExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let tag = Tag { key: fields.text("key")?, value: fields.text_or_empty("value")? };
    service::set_tag(&cx, &permit, &mount, &fields.text("experiment_id")?, &tag).await?;
    Ok(Json(json!({})))
}

async fn delete_experiment_tag(
    permit: Permit<ChangeExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    service::delete_tag(&cx, &permit, &mount, &fields.text("experiment_id")?, &fields.text("key")?).await?;
    Ok(Json(json!({})))
}
