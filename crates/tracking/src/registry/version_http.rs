use super::versions::{self, NewVersion};
use super::{ChangeModel, DeleteModel, ReadModel, RegisterModel, http::search, pointers, wire};
use crate::Context;
use crate::error::Result;
use crate::spaces::Mount;
use crate::wire::{Call, Fields, Tag, page, protocol};
use access::http::Permit;
use serde_json::{Value, json};
use web::{Json, Problem, Routes, State};

/// The routes of versions.
pub(super) fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = protocol!(routes, Permit<RegisterModel>, "POST", "model-versions/create", create_version);
    let routes = protocol!(routes, Permit<ChangeModel>, "PATCH", "model-versions/update", update_version);
    let routes = protocol!(routes, Permit<ChangeModel>, "POST", "model-versions/transition-stage", transition_stage);
    let routes = protocol!(routes, Permit<DeleteModel>, "DELETE", "model-versions/delete", delete_version);
    let routes = protocol!(routes, Permit<ReadModel>, "GET", "model-versions/get", get_version);
    let routes = protocol!(routes, Permit<ReadModel>, "GET", "model-versions/search", search_versions);
    let routes = protocol!(routes, Permit<ReadModel>, "GET", "model-versions/get-download-uri", get_download_uri);
    let routes = protocol!(routes, Permit<ChangeModel>, "POST", "model-versions/set-tag", set_version_tag);
    protocol!(routes, Permit<ChangeModel>, "DELETE", "model-versions/delete-tag", delete_version_tag)
}

/// Reads name and version.
fn which(fields: &Fields) -> Result<(String, String)> {
    Ok((fields.text("name")?, fields.number_text("version")?))
}

async fn create_version(
    permit: Permit<RegisterModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let new = NewVersion {
        name: fields.text("name")?,
        source: fields.text("source")?,
        run: fields.text_or_empty("run_id")?,
        logged_model: fields.text_or_empty("model_id")?,
        run_link: fields.text_or_empty("run_link")?,
        description: fields.text_or_empty("description")?,
        tags: fields.tags("tags")?,
    };
    let shown = versions::register(&cx, &permit, &mount, &new).await?;
    Ok(Json(json!({"model_version": wire::version(&shown, false)})))
}

async fn update_version(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let ((name, version), description) = (which(&fields)?, fields.text_or_empty("description")?);
    let shown = versions::describe(&cx, &permit, &mount, (&name, &version), &description).await?;
    Ok(Json(json!({"model_version": wire::version(&shown, false)})))
}

async fn transition_stage(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let ((name, version), to) = (which(&fields)?, fields.text("stage")?);
    let archive = fields.flag("archive_existing_versions")?;
    let shown = pointers::transition(&cx, &permit, &mount, (&name, &version), &to, archive).await?;
    Ok(Json(json!({"model_version": wire::version(&shown, true)})))
}

async fn delete_version(
    permit: Permit<DeleteModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, version) = which(&fields)?;
    versions::delete(&cx, &permit, &mount, (&name, &version)).await?;
    Ok(Json(json!({})))
}

async fn get_version(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, version) = which(&fields)?;
    let shown = versions::get(&cx, &permit, &mount, (&name, &version)).await?;
    Ok(Json(json!({"model_version": wire::version(&shown, true)})))
}

async fn search_versions(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (found, next) = versions::search(&cx, &permit, &mount, &search(&fields, 10_000, 200_000)?).await?;
    let versions: Vec<Value> = found.iter().map(|shown| wire::version(shown, false)).collect();
    Ok(Json(page("model_versions", &versions, next)))
}

async fn get_download_uri(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, version) = which(&fields)?;
    let shown = versions::get(&cx, &permit, &mount, (&name, &version)).await?;
    Ok(Json(json!({"artifact_uri": shown.version.artifact_uri()})))
}

async fn set_version_tag(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, version) = which(&fields)?;
    let tag = Tag { key: fields.text("key")?, value: fields.text_or_empty("value")? };
    versions::set_tag(&cx, &permit, &mount, (&name, &version), &tag).await?;
    Ok(Json(json!({})))
}

async fn delete_version_tag(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, version) = which(&fields)?;
    versions::delete_tag(&cx, &permit, &mount, (&name, &version), &fields.text("key")?).await?;
    Ok(Json(json!({})))
}
