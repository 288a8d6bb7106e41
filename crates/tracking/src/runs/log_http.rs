use super::batch::{Batch, Point};
use super::http::run_id;
use super::model::{Dataset, ModelLink};
use super::{LogRun, inputs, service};
use crate::Context;
use crate::error::{Error, Result};
use crate::wire::{Call, Fields, Tag, protocol};
use access::http::Permit;
use serde_json::{Value, json};
use web::{Json, Problem, Routes, State};

/// The largest batch, in bytes.
const BATCH: usize = 1_000_000;
/// How much more is read, to say so.
const SAID: usize = 8 << 20;
/// The largest body that names datasets: their schemas and profiles are long.
const INPUTS: usize = 32 << 20;

/// The routes that log.
pub(super) fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/log-metric", log_metric);
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/log-parameter", log_parameter);
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/set-tag", set_run_tag);
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/delete-tag", delete_run_tag);
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/log-batch", log_batch, body_limit(SAID));
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/log-inputs", log_inputs, body_limit(INPUTS));
    let routes = protocol!(routes, Permit<LogRun>, "POST", "runs/outputs", log_outputs);
    protocol!(routes, Permit<LogRun>, "POST", "runs/log-model", log_run_model, body_limit(SAID))
}

async fn log_metric(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let batch = Batch { points: vec![Point::of(&fields)?], ..Batch::default() };
    service::log(&cx, &permit, &run_id(&fields)?, &batch).await?;
    Ok(Json(json!({})))
}

async fn log_parameter(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let param = Tag { key: fields.text("key")?, value: fields.text_or_empty("value")? };
    let batch = Batch::default().with_params(vec![param])?;
    service::log(&cx, &permit, &run_id(&fields)?, &batch).await?;
    Ok(Json(json!({})))
}

async fn set_run_tag(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let tag = Tag { key: fields.text("key")?, value: fields.text_or_empty("value")? };
    let batch = Batch::default().with_tags(vec![tag])?;
    service::log(&cx, &permit, &run_id(&fields)?, &batch).await?;
    Ok(Json(json!({})))
}

async fn delete_run_tag(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    service::delete_tag(&cx, &permit, &run_id(&fields)?, &fields.text("key")?).await?;
    Ok(Json(json!({})))
}

async fn log_batch(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, size }: Call,
) -> Result<Json<Value>, Problem> {
    if size > BATCH {
        return Err(Error::invalid(format!(
            "Batched logging API requests must be at most {BATCH} bytes, got a request of size {size}."
        ))
        .into());
    }
    service::log(&cx, &permit, &run_id(&fields)?, &Batch::of(&fields)?).await?;
    Ok(Json(json!({})))
}

fn links(fields: &Fields, made: bool) -> Result<Vec<ModelLink>> {
    let one = |model: &Fields| {
        Ok(ModelLink { model: model.text("model_id")?, step: model.find_whole("step")?.unwrap_or(0), made })
    };
    fields.list("models")?.iter().map(one).collect()
}

async fn log_inputs(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let datasets: Vec<Dataset> = fields.list("datasets")?.iter().map(Dataset::of).collect::<Result<_>>()?;
    inputs::log(&cx, &permit, &run_id(&fields)?, &datasets, &links(&fields, false)?).await?;
    Ok(Json(json!({})))
}

async fn log_outputs(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    inputs::log(&cx, &permit, &run_id(&fields)?, &[], &links(&fields, true)?).await?;
    Ok(Json(json!({})))
}

async fn log_run_model(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let text = fields.text("model_json")?;
    let bad = || Error::invalid(format!("Malformed model info. \n {} \n is not valid JSON.", crate::shown(&text)));
    let model: Value = serde_json::from_str(&text).map_err(|_| bad())?;
    let missing =
        ["run_id", "artifact_path", "utc_time_created", "flavors"].into_iter().find(|name| model.get(name).is_none());
    if let Some(name) = missing {
        return Err(Error::invalid(format!("Model json is missing mandatory fields: ['{name}']")).into());
    }
    service::log_model(&cx, &permit, &run_id(&fields)?, &model).await?;
    Ok(Json(json!({})))
}
