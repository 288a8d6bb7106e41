//! MLflow's routes of registered models; `version_http` has those of versions.
use super::models::{self, Search};
use super::{ChangeModel, DeleteModel, ReadModel, RegisterModel, pointers, versions, wire};
use crate::Context;
use crate::error::Result;
use crate::spaces::Mount;
use crate::wire::{Call, Fields, Tag, page, protocol};
use access::http::Permit;
use serde_json::{Value, json};
use web::{Json, Problem, Routes, State};

/// The routes.
pub(crate) fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = protocol!(routes, Permit<RegisterModel>, "POST", "registered-models/create", create_model);
    let routes = protocol!(routes, Permit<ChangeModel>, "POST", "registered-models/rename", rename_model);
    let routes = protocol!(routes, Permit<ChangeModel>, "PATCH", "registered-models/update", update_model);
    let routes = protocol!(routes, Permit<DeleteModel>, "DELETE", "registered-models/delete", delete_model);
    let routes = protocol!(routes, Permit<ReadModel>, "GET", "registered-models/get", get_model);
    let routes = protocol!(routes, Permit<ReadModel>, "GET", "registered-models/search", search_models);
    let routes =
        protocol!(routes, Permit<ReadModel>, "GET", "registered-models/get-latest-versions", get_latest_versions);
    let routes =
        protocol!(routes, Permit<ReadModel>, "POST", "registered-models/get-latest-versions", get_latest_versions);
    let routes = protocol!(routes, Permit<ChangeModel>, "POST", "registered-models/set-tag", set_model_tag);
    let routes = protocol!(routes, Permit<ChangeModel>, "DELETE", "registered-models/delete-tag", delete_model_tag);
    let routes = protocol!(routes, Permit<ChangeModel>, "POST", "registered-models/alias", set_alias);
    let routes = protocol!(routes, Permit<ChangeModel>, "DELETE", "registered-models/alias", delete_alias);
    let routes = protocol!(routes, Permit<ReadModel>, "GET", "registered-models/alias", get_by_alias);
    super::version_http::routes(routes)
}

/// Reads what a search asks.
pub(super) fn search(fields: &Fields, usual: u32, most: u32) -> Result<Search> {
    Ok(Search {
        filter: fields.text_or_empty("filter")?,
        order_by: fields.texts("order_by")?,
        token: fields.find_text("page_token")?.filter(|token| !token.is_empty()),
        limit: fields.max_results(usual, most)?,
    })
}

async fn create_model(
    permit: Permit<RegisterModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, description) = (fields.text("name")?, fields.text_or_empty("description")?);
    let shown = models::create(&cx, &permit, &mount, &name, &description, &fields.tags("tags")?).await?;
    Ok(Json(json!({"registered_model": wire::model(&shown)})))
}

async fn rename_model(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let shown = models::rename(&cx, &permit, &mount, &fields.text("name")?, &fields.text("new_name")?).await?;
    Ok(Json(json!({"registered_model": wire::model(&shown)})))
}

async fn update_model(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let description = fields.text_or_empty("description")?;
    let shown = models::describe(&cx, &permit, &mount, &fields.text("name")?, &description).await?;
    Ok(Json(json!({"registered_model": wire::model(&shown)})))
}

async fn delete_model(
    permit: Permit<DeleteModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    models::delete(&cx, &permit, &mount, &fields.text("name")?).await?;
    Ok(Json(json!({})))
}

async fn get_model(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let shown = models::get(&cx, &permit, &mount, &fields.text("name")?).await?;
    Ok(Json(json!({"registered_model": wire::model(&shown)})))
}

async fn search_models(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (found, next) = models::search_here(&cx, &permit, &mount, &search(&fields, 100, 1_000)?).await?;
    let models: Vec<Value> = found.iter().map(wire::model).collect();
    Ok(Json(page("registered_models", &models, next)))
}

async fn get_latest_versions(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let found = versions::newest(&cx, &permit, &mount, &fields.text("name")?, &fields.texts("stages")?).await?;
    let versions: Vec<Value> = found.iter().map(|shown| wire::version(shown, true)).collect();
    Ok(Json(page("model_versions", &versions, None)))
}

async fn set_model_tag(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let tag = Tag { key: fields.text("key")?, value: fields.text_or_empty("value")? };
    models::set_tag(&cx, &permit, &mount, &fields.text("name")?, &tag).await?;
    Ok(Json(json!({})))
}

async fn delete_model_tag(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    models::delete_tag(&cx, &permit, &mount, &fields.text("name")?, &fields.text("key")?).await?;
    Ok(Json(json!({})))
}

async fn set_alias(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, version, alias) = (fields.text("name")?, fields.number_text("version")?, fields.text("alias")?);
    pointers::set_alias(&cx, &permit, &mount, (&name, &version), &alias).await?;
    Ok(Json(json!({})))
}

async fn delete_alias(
    permit: Permit<ChangeModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    pointers::delete_alias(&cx, &permit, &mount, &fields.text("name")?, &fields.text("alias")?).await?;
    Ok(Json(json!({})))
}

async fn get_by_alias(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    mount: Mount,
    Call { fields, .. }: Call,
) -> Result<Json<Value>, Problem> {
    let (name, alias) = (fields.text("name")?, fields.text("alias")?);
    let shown = versions::get_by_alias(&cx, &permit, &mount, &name, &alias).await?;
    Ok(Json(json!({"model_version": wire::version(&shown, true)})))
}
