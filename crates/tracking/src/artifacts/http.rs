//! The artifact proxy, and the lists of a run's files.
use super::service;
use super::store::Entry;
use super::transfer::{answer, reader};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::ReadExperiment;
use crate::registry::file_of_version;
use crate::runs::{DeleteRun, LogRun};
use crate::spaces::Mount;
use crate::wire::{Call, protocol};
use access::http::Permit;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use base::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::marker::PhantomData;
use std::time::Duration;
use web::{Json, Path, Problem, Raw, Routes, State};

/// How long a file may take to arrive.
const LONGEST: Duration = Duration::from_mins(60);

/// A file that a path names, with or without a project before it.
#[derive(Debug, Deserialize)]
struct Named {
    path: String,
}

type See = PhantomData<Permit<ReadExperiment>>;

/// The routes.
pub(crate) fn routes(mut routes: Routes<Context>) -> Routes<Context> {
    routes = protocol!(routes, Permit<ReadExperiment>, "GET", "artifacts/list", list_run_artifacts);
    for (list, one) in [
        ("/api/2.0/mlflow-artifacts/artifacts", "/api/2.0/mlflow-artifacts/artifacts/{*path}"),
        ("/ajax-api/2.0/mlflow-artifacts/artifacts", "/ajax-api/2.0/mlflow-artifacts/artifacts/{*path}"),
    ] {
        let log: PhantomData<Permit<LogRun>> = PhantomData;
        let delete: PhantomData<Permit<DeleteRun>> = PhantomData;
        routes = routes
            .with(Raw("GET", list).route(See::default(), list_artifacts).basic())
            .with(Raw("GET", one).route(See::default(), get_artifact).basic())
            .with(Raw("PUT", one).route(log, put_artifact).time_limit(LONGEST).basic())
            .with(Raw("DELETE", one).route(delete, delete_artifact).basic());
    }
    routes
        .with(Raw("GET", "/get-artifact").route(See::default(), get_artifact_of_run).basic())
        .with(Raw("GET", "/model-versions/get-artifact").route(See::default(), get_artifact_of_version).basic())
}

fn entry(entry: &Entry) -> Value {
    match entry.size_bytes {
        Some(size) => json!({"path": entry.name, "is_dir": false, "file_size": size}),
        None => json!({"path": entry.name, "is_dir": true}),
    }
}

/// Returns a folder's list with its root, and the token of the next page, as clients read it.
pub(crate) fn listing(root: &str, entries: &[Entry], next: Option<String>) -> Value {
    let files: Vec<Value> = entries.iter().map(entry).collect();
    let mut listing = crate::wire::page("files", &files, next);
    listing["root_uri"] = json!(root);
    listing
}

async fn list_run_artifacts(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let path = fields.text_or_empty("path")?;
    let token = fields.find_text("page_token")?.filter(|token| !token.is_empty());
    let run = crate::runs::run_id(&fields)?;
    let (root, entries, next) = service::page_of_run(&cx, &permit, &run, &path, token.as_deref()).await?;
    Ok(Json(listing(&root, &entries, next)))
}

async fn list_artifacts(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let entries = service::list(&cx, &permit, &fields.text_or_empty("path")?).await?;
    let files: Vec<Value> = entries.iter().map(entry).collect();
    Ok(Json(crate::wire::page("files", &files, None)))
}

async fn get_artifact(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = service::find(&cx, &permit, &named.path).await?;
    Ok(answer(&cx, &file, &headers).await?)
}

async fn put_artifact(
    permit: Permit<LogRun>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let most = cx.limits.artifact_bytes;
    let said = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > most) {
        return Err(Error::TooLarge(Bytes(most)).into());
    }
    service::put(&cx, &permit, &named.path, reader(body, most)).await?;
    Ok(Json(json!({})))
}

async fn delete_artifact(
    permit: Permit<DeleteRun>,
    State(cx): State<Context>,
    Path(named): Path<Named>,
) -> Result<Json<Value>, Problem> {
    service::delete(&cx, &permit, &named.path).await?;
    Ok(Json(json!({})))
}

async fn get_artifact_of_run(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    headers: HeaderMap,
    Call { fields, .. }: Call,
) -> Result<Response, Problem> {
    let (run, path) = (crate::runs::run_id(&fields)?, fields.text("path")?);
    let file = service::find_of_run(&cx, &permit, &run, &path).await?;
    Ok(answer(&cx, &file, &headers).await?)
}

async fn get_artifact_of_version(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    mount: Mount,
    headers: HeaderMap,
    Call { fields, .. }: Call,
) -> Result<Response, Problem> {
    let (name, version, path) = (fields.text("name")?, fields.text("version")?, fields.text("path")?);
    let file = file_of_version(&cx, &permit, &mount, (&name, &version), &path).await?;
    Ok(answer(&cx, &file, &headers).await?)
}
