//! Experiments for the UI and the command line.
use super::service::{self, Search};
use super::{Experiment, Lifecycle, ReadExperiment, Shown};
use crate::Context;
use crate::spaces::Space;
use access::http::Permit;
use base::{Next, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// An experiment as its viewer sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ExperimentView {
    pub id: String,
    /// `project/credit-risk` or `person/ana`.
    pub space: String,
    pub name: String,
    /// What MLflow's clients call it: `0` for the one that each space has by default.
    pub mlflow_id: String,
    pub state: Lifecycle,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    pub tags: BTreeMap<String, String>,
    pub next: Next,
}

impl Experiment {
    /// Returns what a viewer should know.
    pub(crate) fn next(&self) -> Next {
        let (tone, _, _) = self.state.look();
        let (text, reason) = match self.state {
            Lifecycle::Active => {
                ("It takes runs.".to_owned(), format!("`mlflow.set_experiment({:?})` logs here.", self.name))
            }
            Lifecycle::Deleted => (
                "It is deleted, with its runs.".to_owned(),
                "`MlflowClient().restore_experiment` brings it back; its name is free meanwhile.".to_owned(),
            ),
        };
        Next { tone, text, reason, action: None }
    }
}

impl ExperimentView {
    fn of(shown: Shown) -> Self {
        let Shown { experiment, tags } = shown;
        let next = experiment.next();
        Self {
            mlflow_id: experiment.client_id().to_owned(),
            id: experiment.id,
            space: experiment.space.to_string(),
            name: experiment.name,
            state: experiment.state,
            created_by: experiment.created_by.0,
            created_at: experiment.created_at,
            changed_at: experiment.changed_at,
            tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            next,
        }
    }
}

/// Which experiments to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExperimentQuery {
    /// `project/credit-risk` or `person/ana`; every space that you may see unless said.
    pub space: Option<String>,
}

/// The routes.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    let routes = routes.with(web::route!(Permit<ReadExperiment>, list_experiments));
    routes.with(web::route!(Permit<ReadExperiment>, get_experiment))
}

/// List experiments, the newest first.
#[utoipa::path(get, path = "/experiments", tag = "tracking", params(ExperimentQuery, Paging),
    responses((status = 200, body = Page<ExperimentView>), (status = "default", body = Problem)))]
pub(super) async fn list_experiments(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Query(query): Query<ExperimentQuery>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ExperimentView>>, Problem> {
    let space = query.space.map(|text| text.parse::<Space>()).transpose()?;
    let what = Search {
        state: Some(Lifecycle::Active),
        limit: paging.limit(),
        token: paging.cursor.clone(),
        ..Search::default()
    };
    let (found, next_cursor) = service::list(&cx, &permit, space.as_ref(), &what).await?;
    let items = found.into_iter().map(ExperimentView::of).collect();
    Ok(Json(Page { items, next_cursor, total: None }))
}

/// Show an experiment.
#[utoipa::path(get, path = "/experiments/{id}", tag = "tracking", params(("id" = String, Path)),
    responses((status = 200, body = ExperimentView), (status = "default", body = Problem)))]
pub(super) async fn get_experiment(
    permit: Permit<ReadExperiment>,
    State(cx): State<Context>,
    Path(id): Path<String>,
) -> Result<Json<ExperimentView>, Problem> {
    Ok(Json(ExperimentView::of(service::get_by_id(&cx, &permit, &id).await?)))
}
