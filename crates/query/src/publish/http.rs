use std::time::Duration;

use access::Once;
use access::http::Permit;
use axum::body::Body;
use axum::http::StatusCode;
use base::{DatasetId, GrantId, PurposeId};
use catalog::grants::Use;
use serde::Deserialize;
use web::{Json, Path, Problem, Query, Routes, State};

use super::model::Target;
use super::service::{self, LARGEST_BYTES};
use super::{Publication, PublishDataset, Published};
use crate::Context;

/// How long a body may take to arrive.
const LONGEST: Duration = Duration::from_mins(30);

/// Under what a dataset is published.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PublishParams {
    /// The purpose of the `write` grant; may be left out where yours leave one only.
    #[param(value_type = Option<String>)]
    pub purpose: Option<PurposeId>,
    /// The use of it; may be left out where it has one only.
    pub r#use: Option<Use>,
    /// The grant, where several fit.
    #[param(value_type = Option<String>)]
    pub grant: Option<GrantId>,
    /// The datasets that the rows were made from, joined by commas.
    #[serde(default)]
    pub inputs: String,
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let most = usize::try_from(LARGEST_BYTES).unwrap_or(usize::MAX);
    routes.with(web::route!(Permit<PublishDataset>, publish_dataset).body_limit(most).time_limit(LONGEST))
}

/// Publish a Parquet file as a new version of a dataset, whole or not at all.
#[utoipa::path(post, path = "/datasets/{id}/publish", tag = "query",
    params(("id" = String, Path, description = "`lake.schema.table`"), PublishParams),
    request_body(content = Vec<u8>, content_type = "application/vnd.apache.parquet"),
    responses((status = 201, body = Published), (status = "default", body = Problem)))]
pub(super) async fn publish_dataset(
    permit: Permit<PublishDataset>,
    State(cx): State<Context>,
    Path(id): Path<DatasetId>,
    Query(params): Query<PublishParams>,
    once: Once,
    body: Body,
) -> Result<(StatusCode, Json<Published>), Problem> {
    let PublishParams { purpose, r#use: stated_use, grant, inputs } = params;
    let inputs = inputs.split(',').map(str::trim).filter(|input| !input.is_empty()).map(DatasetId::from).collect();
    let what = Publication { target: Target::parse(&id)?, purpose, stated_use, grant, inputs };
    let published = service::publish(&cx, permit, once, what, body).await?;
    Ok((StatusCode::CREATED, Json(published)))
}
