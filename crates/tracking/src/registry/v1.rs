//! Registered models for the UI and the command line.
use super::model::{PointerView, ShownModel, ShownVersion};
use super::models::{self, Search};
use super::store::RegistryStore;
use super::versions_store::VersionStore;
use super::{ReadModel, RegisteredModel, Version, VersionState, versions};
use crate::Context;
use crate::error::{Error, Result};
use crate::spaces::{Space, see};
use access::http::Permit;
use base::{Next, Timestamp, Tone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// How many pointers of a model are shown at most.
const POINTERS: u32 = 200;

/// A version of a model as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelVersionView {
    /// Id and name of its model.
    pub model: String,
    pub name: String,
    pub space: String,
    pub version: i64,
    pub state: VersionState,
    /// MLflow's stage: `None`, `Staging`, `Production` or `Archived`.
    pub stage: String,
    pub aliases: Vec<String>,
    pub description: String,
    /// What it was made from, as its client said.
    pub source: String,
    /// The run that made it; empty if none did.
    pub run: String,
    /// The attempt that registered it.
    pub attempt: Option<String>,
    /// The digest of its list of files, which never change.
    pub digest: String,
    pub files: u64,
    pub size_bytes: u64,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    pub tags: BTreeMap<String, String>,
    pub params: BTreeMap<String, String>,
    pub next: Next,
}

impl Version {
    /// Returns what a viewer should know.
    pub(crate) fn next(&self) -> Next {
        let (tone, _, _) = self.state.look();
        let text = match self.state {
            VersionState::Registered => "Registered; the gates of its project say where it may serve.".to_owned(),
        };
        let reason = "Its content never changes.".to_owned();
        Next { tone, text, reason, action: None }
    }
}

impl ModelVersionView {
    fn of(shown: ShownVersion) -> Self {
        let ShownVersion { version, tags, aliases, params, .. } = shown;
        let next = version.next();
        Self {
            model: version.model,
            name: version.name,
            space: version.space.to_string(),
            version: version.version,
            state: version.state,
            stage: version.stage,
            aliases,
            description: version.description,
            source: version.source,
            run: version.run,
            attempt: version.attempt.map(|attempt| attempt.0),
            digest: version.digest,
            files: version.files,
            size_bytes: version.size_bytes,
            created_by: version.created_by.0,
            created_at: version.created_at,
            tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            params: params.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            next,
        }
    }
}

/// A registered model as its viewer sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RegisteredModelView {
    pub id: String,
    pub space: String,
    pub name: String,
    pub description: String,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    pub tags: BTreeMap<String, String>,
    /// The version that each alias points at.
    pub aliases: BTreeMap<String, i64>,
    /// The number of the newest version that is there; nothing if there is none.
    pub newest_version: Option<i64>,
    /// The versions, the newest first; on the model's own page alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<ModelVersionView>,
    /// Who pointed what at which version, the newest first; on the model's own page alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pointers: Vec<PointerView>,
    pub next: Next,
}

impl RegisteredModelView {
    fn of(shown: ShownModel, versions: Vec<ModelVersionView>, pointers: Vec<PointerView>) -> Self {
        let ShownModel { model, tags, aliases, latest, .. } = shown;
        let newest_version = latest.iter().map(|(version, _)| version.version).max();
        let (tone, text) = match newest_version {
            None => (Tone::Waiting, "It has no version yet.".to_owned()),
            Some(newest) => (Tone::Idle, format!("Version {newest} is the newest.")),
        };
        let reason = format!("`mlflow.register_model(URI, {:?})` registers another.", model.name);
        Self {
            id: model.id,
            space: model.space.to_string(),
            name: model.name,
            description: model.description,
            created_by: model.created_by.0,
            created_at: model.created_at,
            changed_at: model.changed_at,
            tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            aliases: aliases.into_iter().map(|alias| (alias.name, alias.version)).collect(),
            newest_version,
            versions,
            pointers,
            next: Next { tone, text, reason, action: None },
        }
    }
}

/// Which models to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ModelQuery {
    /// `project/credit-risk` or `person/ana`; every space that you may see unless said.
    pub space: Option<String>,
}

/// The routes.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadModel>, list_models))
        .with(web::route!(Permit<ReadModel>, get_registered_model))
        .with(web::route!(Permit<ReadModel>, get_model_version))
}

/// List registered models by name.
#[utoipa::path(get, path = "/models", tag = "tracking", params(ModelQuery, Paging),
    responses((status = 200, body = Page<RegisteredModelView>), (status = "default", body = Problem)))]
pub(super) async fn list_models(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    Query(query): Query<ModelQuery>,
    Query(paging): Query<Paging>,
) -> std::result::Result<Json<Page<RegisteredModelView>>, Problem> {
    let space = query.space.map(|text| text.parse::<Space>()).transpose()?;
    let what = Search { limit: paging.limit(), token: paging.cursor.clone(), ..Search::default() };
    let (found, next_cursor) = models::list(&cx, &permit, space.as_ref(), &what).await?;
    let items = found.into_iter().map(|shown| RegisteredModelView::of(shown, vec![], vec![])).collect();
    Ok(Json(Page { items, next_cursor, total: None }))
}

async fn model_with_id(tx: &db::Tx, permit: &Permit<ReadModel>, id: &str) -> Result<RegisteredModel> {
    let found = tx.find_registered_model(id).await?;
    see(tx, permit, found).await?.ok_or_else(|| Error::NoModel(crate::shown(id)))
}

/// Show a registered model with its versions and what pointed at them.
#[utoipa::path(get, path = "/models/{id}", tag = "tracking", params(("id" = String, Path)),
    responses((status = 200, body = RegisteredModelView), (status = "default", body = Problem)))]
pub(super) async fn get_registered_model(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> std::result::Result<Json<RegisteredModelView>, Problem> {
    let (permit, id) = (&permit, &id);
    let read = cx.db.read(|tx| async move {
        let model = model_with_id(&tx, permit, id).await?;
        let name = model.name.clone();
        let of_it = tx.list_versions_of(&model.id).await?;
        let of_it = of_it.into_iter().map(|version| (version, name.clone())).collect();
        let versions = versions::shown(&tx, of_it).await?;
        let pointers = tx.list_pointers(&model.id, POINTERS).await?;
        let shown = models::shown(&tx, vec![(model, name)]).await?.pop();
        Ok::<_, Error>((shown.ok_or_else(|| Error::NoModel(crate::shown(id)))?, versions, pointers))
    });
    let (shown, versions, pointers) = read.await?;
    let versions = versions.into_iter().map(ModelVersionView::of).collect();
    Ok(Json(RegisteredModelView::of(shown, versions, pointers)))
}

/// Show a version of a model.
#[utoipa::path(get, path = "/models/{id}/versions/{version}", tag = "tracking",
    params(("id" = String, Path), ("version" = i64, Path)),
    responses((status = 200, body = ModelVersionView), (status = "default", body = Problem)))]
pub(super) async fn get_model_version(
    permit: Permit<ReadModel>,
    State(cx): State<Context>,
    Path((id, version)): Path<(String, i64)>,
) -> std::result::Result<Json<ModelVersionView>, Problem> {
    let (permit, id) = (&permit, &id);
    let read = cx.db.read(|tx| async move {
        let model = model_with_id(&tx, permit, id).await?;
        let found = tx.find_version(&model.id, version).await?;
        let absent = || Error::NoVersion { name: model.name.clone(), version: version.to_string() };
        versions::one(&tx, found.ok_or_else(absent)?, &model.name).await
    });
    Ok(Json(ModelVersionView::of(read.await?)))
}
