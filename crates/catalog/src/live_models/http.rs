use super::{Error, LiveModel, LiveModelState, LiveModelStore, Measured, ReadLiveModel, Tensor};
use crate::Context;
use crate::datasets::ReadDataset;
use crate::grants::store::GrantStore;
use crate::requests::RequestKind;
use access::http::{Held, Permit};
use base::{Next, Principal, Securable, Timestamp};
use db::Tx;
use web::{Json, Page, Paging, Path, Problem, Query, Routes, State};

/// How long a search may be, in characters.
const LONGEST_SEARCH: usize = 200;

/// A model that is live: its card.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct LiveModelView {
    /// The name to call it by, and to ask for: `prod.credit`.
    pub endpoint: String,
    pub project: String,
    pub team: String,
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// 1 is the highest, 3 the lowest.
    pub tier: i64,
    pub intended_use: String,
    pub prohibited_use: String,
    pub model: String,
    pub version: i64,
    pub candidate: i64,
    pub purposes: Vec<String>,
    /// The datasets that it was trained on; those that you may not know of are left out.
    pub datasets: Vec<String>,
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    pub metrics: Vec<Measured>,
    pub state: LiveModelState,
    #[schema(value_type = String, format = DateTime)]
    pub live_since: Timestamp,
    /// Whether you may call it by a grant.
    pub granted: bool,
    pub next: Next,
}

/// What a list of live models is narrowed to.
#[derive(Clone, Debug, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListLiveModels {
    /// Words of its name, title, team, owner or use.
    #[serde(default)]
    pub search: String,
    /// What the page before called `next_cursor`.
    pub cursor: Option<String>,
    /// How many at most: 50 unless said, 200 at most.
    pub limit: Option<u32>,
}

async fn view(
    cx: &Context,
    tx: &Tx,
    (held, principals): (&Held<'_>, &[Principal]),
    model: LiveModel,
) -> db::Result<LiveModelView> {
    let now = cx.clock.now();
    let grants = tx.list_held(principals, RequestKind::Use, &model.endpoint).await?;
    let granted = grants.iter().any(|grant| grant.permits(now));
    let next = model.next(granted);
    let mut datasets = Vec::new();
    for dataset in &model.datasets {
        // The name of a hidden one is not for everybody who reads the card.
        let found = crate::datasets::find(tx, dataset).await?;
        if found.is_some_and(|found| held.can::<ReadDataset>(&found.resource()).is_some()) {
            datasets.push(dataset.0.clone());
        }
    }
    Ok(LiveModelView {
        purposes: model.purposes.into_iter().map(|id| id.0).collect(),
        datasets,
        endpoint: model.endpoint,
        project: model.project.0,
        team: model.team.0,
        title: model.title,
        owner: model.owner.0,
        tier: model.tier,
        intended_use: model.intended_use,
        prohibited_use: model.prohibited_use,
        model: model.model,
        version: model.version,
        candidate: model.candidate,
        inputs: model.inputs,
        outputs: model.outputs,
        metrics: model.metrics,
        state: model.state,
        live_since: model.live_since,
        granted,
        next,
    })
}

/// The routes of this resource.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadLiveModel>, list_live_models))
        .with(web::route!(Permit<ReadLiveModel>, get_live_model))
}

/// List the models that are live: what you may use, or ask to use.
#[utoipa::path(get, path = "/live-models", tag = "catalog", params(ListLiveModels),
    responses((status = 200, body = Page<LiveModelView>), (status = "default", body = Problem)))]
pub(super) async fn list_live_models(
    permit: Permit<ReadLiveModel>,
    State(cx): State<Context>,
    Query(query): Query<ListLiveModels>,
) -> Result<Json<Page<LiveModelView>>, Problem> {
    let paging = Paging { cursor: query.cursor, limit: query.limit };
    let after: Option<String> = paging.after()?;
    let search = query.search.trim();
    if search.chars().count() > LONGEST_SEARCH {
        return Err(Error::Search(LONGEST_SEARCH).into());
    }
    let (cx, permit, after, limit) = (&cx, &permit, after.as_deref(), paging.limit());
    let page: Result<_, Error> = cx
        .db
        .read(|tx| async move {
            let (held, principals) = (permit.held(&tx).await?, permit.caller().principals(&tx).await?);
            let rows = tx.list_live_models(search, after, limit + 1).await?;
            let rows = Page::of(rows, limit, |row| row.endpoint.clone());
            let mut items = Vec::new();
            for model in rows.items {
                if held.can::<ReadLiveModel>(&model.resource()).is_some() {
                    items.push(view(cx, &tx, (&held, &principals), model).await?);
                }
            }
            Ok(Page { items, next_cursor: rows.next_cursor, total: None })
        })
        .await;
    Ok(Json(page?))
}

/// Show the card of a live model.
#[utoipa::path(get, path = "/live-models/{endpoint}", tag = "catalog", params(("endpoint" = String, Path)),
    responses((status = 200, body = LiveModelView), (status = "default", body = Problem)))]
pub(super) async fn get_live_model(
    permit: Permit<ReadLiveModel>,
    State(cx): State<Context>,
    Path(endpoint): Path<String>,
) -> Result<Json<LiveModelView>, Problem> {
    let (cx, permit, endpoint) = (&cx, &permit, &endpoint);
    let found: Result<_, Error> = cx
        .db
        .read(|tx| async move {
            let found = tx.find_live_model(endpoint).await?;
            let absent = || Error::NotFound(crate::lakes::shown(endpoint));
            let (model, _) = permit.on(&tx, found).await?.ok_or_else(absent)?;
            let (held, principals) = (permit.held(&tx).await?, permit.caller().principals(&tx).await?);
            Ok(view(cx, &tx, (&held, &principals), model).await?)
        })
        .await;
    Ok(Json(found?))
}
