use super::service::{self, Words};
use super::{
    ClassifyColumn, ColumnView, DatasetView, DescribeDataset, ProfileView, ReadDataset, RetireDataset, SetRecordKey,
    SetVisibility, VersionView, Visibility,
};
use crate::Context;
use crate::grants::HistoryLine;
use crate::sensitivity::Level;
use access::Permit;
use base::DatasetId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// What a person says of a dataset; what is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Description {
    pub description: Option<String>,
    /// Column name → what it means.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
}

/// How sensitive a column is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    pub level: Level,
}

/// The columns that name a record.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordKey {
    /// In order; empty takes it back.
    pub columns: Vec<String>,
}

/// Who may know that a dataset exists.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisibilityChange {
    pub visibility: Visibility,
}

/// The columns of a dataset's current version.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ColumnsView {
    pub dataset: String,
    pub version: i64,
    pub items: Vec<ColumnView>,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadDataset>, get_dataset))
        .with(web::route!(Permit<ReadDataset>, list_columns))
        .with(web::route!(Permit<ReadDataset>, get_profile))
        .with(web::route!(Permit<ReadDataset>, list_versions))
        .with(web::route!(Permit<ReadDataset>, list_dataset_history))
        .with(web::route!(Permit<DescribeDataset>, describe_dataset))
        .with(web::route!(Permit<SetRecordKey>, set_record_key))
        .with(web::route!(Permit<ClassifyColumn>, classify_column))
        .with(web::route!(Permit<SetVisibility>, set_visibility))
        .with(web::route!(Permit<RetireDataset>, retire_dataset))
}

/// Show a dataset.
#[utoipa::path(get, path = "/datasets/{id}", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = DatasetView), (status = "default", body = Problem)))]
pub(super) async fn get_dataset(
    permit: Permit<ReadDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
) -> Result<Json<DatasetView>, Problem> {
    let shown = service::get(&cx, &permit, &id).await?;
    crate::looks::note(&cx, permit.caller(), std::slice::from_ref(&shown.dataset.id)).await;
    Ok(Json(DatasetView::of(shown)))
}

/// List the columns of a dataset's current version.
#[utoipa::path(get, path = "/datasets/{id}/columns", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = ColumnsView), (status = "default", body = Problem)))]
pub(super) async fn list_columns(
    permit: Permit<ReadDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
) -> Result<Json<ColumnsView>, Problem> {
    let shown = service::get(&cx, &permit, &id).await?;
    let view = |column: super::Column| {
        let clear = shown.clear.contains(&column.name);
        ColumnView::of(column, clear)
    };
    let items = shown.columns.into_iter().map(view).collect();
    Ok(Json(ColumnsView { dataset: shown.dataset.id.0, version: shown.dataset.version, items }))
}

/// Show the profile of a dataset's current version, as far as you may see it.
#[utoipa::path(get, path = "/datasets/{id}/profile", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = ProfileView), (status = "default", body = Problem)))]
pub(super) async fn get_profile(
    permit: Permit<ReadDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
) -> Result<Json<ProfileView>, Problem> {
    let (dataset, columns) = service::profile(&cx, &permit, &id).await?;
    Ok(Json(ProfileView::of(dataset, columns)))
}

/// List the versions of a dataset, the newest first.
#[utoipa::path(get, path = "/datasets/{id}/versions", tag = "catalog", params(("id" = String, Path), Paging),
    responses((status = 200, body = Page<VersionView>), (status = "default", body = Problem)))]
pub(super) async fn list_versions(
    permit: Permit<ReadDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<VersionView>>, Problem> {
    let before: Option<i64> = paging.after()?;
    let versions = service::versions(&cx, &permit, &id, before, paging.limit() + 1).await?;
    Ok(Json(Page::of(versions, paging.limit(), |version| version.number).map(VersionView::of)))
}

/// List what was done to a dataset, the newest first.
#[utoipa::path(get, path = "/datasets/{id}/history", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = Vec<HistoryLine>), (status = "default", body = Problem)))]
pub(super) async fn list_dataset_history(
    permit: Permit<ReadDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
) -> Result<Json<Vec<HistoryLine>>, Problem> {
    let entries = service::history(&cx, &permit, &id).await?;
    Ok(Json(entries.into_iter().map(super::views::line).collect()))
}

/// Describe a dataset and its columns.
#[utoipa::path(post, path = "/datasets/{id}/describe", tag = "catalog", params(("id" = String, Path)),
    request_body = Description,
    responses((status = 200, body = DatasetView), (status = "default", body = Problem)))]
pub(super) async fn describe_dataset(
    permit: Permit<DescribeDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
    Json(what): Json<Description>,
) -> Result<Json<DatasetView>, Problem> {
    let words = Words { description: what.description, columns: what.columns };
    Ok(Json(DatasetView::of(service::describe(&cx, &permit, &id, &words).await?)))
}

/// Say which columns name a record: by them, rows are held out of what projects train on. An empty list takes it back.
#[utoipa::path(post, path = "/datasets/{id}/record-key", tag = "catalog", params(("id" = String, Path)),
    request_body = RecordKey,
    responses((status = 200, body = DatasetView), (status = "default", body = Problem)))]
pub(super) async fn set_record_key(
    permit: Permit<SetRecordKey>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
    Json(key): Json<RecordKey>,
) -> Result<Json<DatasetView>, Problem> {
    Ok(Json(DatasetView::of(service::set_record_key(&cx, &permit, &id, &key.columns).await?)))
}

/// Say how sensitive a column is. A crawl never changes it afterwards.
#[utoipa::path(post, path = "/datasets/{id}/columns/{column}/classify", tag = "catalog",
    params(("id" = String, Path), ("column" = String, Path)), request_body = Classification,
    responses((status = 200, body = ColumnView), (status = "default", body = Problem)))]
pub(super) async fn classify_column(
    permit: Permit<ClassifyColumn>,
    State(cx): State<Context>,
    Path((id, column)): Path<(DatasetId, String)>,
    Json(what): Json<Classification>,
) -> Result<Json<ColumnView>, Problem> {
    let shown = service::classify(&cx, &permit, &id, &column, what.level).await?;
    let clear = shown.clear.contains(&column);
    let found = shown.columns.into_iter().find(|known| known.name == column);
    let found = found.ok_or_else(|| super::Error::NoColumn(id, crate::lakes::shown(&column)))?;
    Ok(Json(ColumnView::of(found, clear)))
}

/// List a dataset for everyone signed in, or hide it from all but its stewards and those who hold a grant.
#[utoipa::path(post, path = "/datasets/{id}/visibility", tag = "catalog", params(("id" = String, Path)),
    request_body = VisibilityChange,
    responses((status = 200, body = DatasetView), (status = "default", body = Problem)))]
pub(super) async fn set_visibility(
    permit: Permit<SetVisibility>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
    Json(what): Json<VisibilityChange>,
) -> Result<Json<DatasetView>, Problem> {
    Ok(Json(DatasetView::of(service::set_visibility(&cx, &permit, &id, what.visibility).await?)))
}

/// Take a dataset out of use for good. Reads under its grants end within a second; what was done with it stands.
#[utoipa::path(post, path = "/datasets/{id}/retire", tag = "catalog", params(("id" = String, Path)),
    responses((status = 200, body = DatasetView), (status = "default", body = Problem)))]
pub(super) async fn retire_dataset(
    permit: Permit<RetireDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
) -> Result<Json<DatasetView>, Problem> {
    Ok(Json(DatasetView::of(service::retire(&cx, &permit, &id).await?)))
}
