use super::model::{FoundModel, ModelData, check_model_name};
use super::store::{DIALECT, LoggedModelStore};
use super::{LoggedModel, LoggedModelState};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::{self, ReadExperiment, check_tag, ensure_default, last_of_each};
use crate::runs::{DeleteRun, LogRun, check_param_key, experiments_of};
use crate::search::{Kind, Ordering, Sql, Term, parse};
use crate::spaces::{Mount, Placed, see};
use crate::wire::{Fields, Tag};
use access::http::{Action, Permit};
use db::Tx;

/// The longest values of a model's parameter and tag.
const PARAM: usize = 6_000;
const TAG: usize = 20_000;
/// The most of either in a call.
const MOST: usize = 1_000;

/// Returns logged model `id`, if the caller may do `A` to it.
pub(crate) async fn find_model<A: Action>(tx: &Tx, permit: &Permit<A>, id: &str) -> Result<FoundModel> {
    let found = tx.find_logged_model(id).await?;
    see(tx, permit, found).await?.ok_or_else(|| Error::NoLoggedModel(crate::shown(id)))
}

/// A model to log.
#[derive(Clone, Debug, Default)]
pub(super) struct NewModel {
    /// What clients call the experiment.
    pub experiment: String,
    pub name: Option<String>,
    pub model_type: String,
    pub source_run: String,
    pub params: Vec<Tag>,
    pub tags: Vec<Tag>,
}

fn checked_params(params: &[Tag]) -> Result<Vec<Tag>> {
    if params.len() > MOST {
        return Err(Error::invalid(format!("A logged model can take at most {MOST} params in a call.")));
    }
    params.iter().try_for_each(|param| check_param_key(&param.key))?;
    let cut = |tag: &Tag| Tag { key: tag.key.clone(), value: tag.value.chars().take(PARAM).collect() };
    Ok(last_of_each(&params.iter().map(cut).collect::<Vec<_>>()))
}

fn checked_tags(tags: &[Tag]) -> Result<Vec<Tag>> {
    if tags.len() > MOST {
        return Err(Error::invalid(format!("A logged model can take at most {MOST} tags in a call.")));
    }
    tags.iter().try_for_each(|tag| check_tag(tag, TAG))?;
    Ok(last_of_each(tags))
}

/// Makes a model whose files are still to come.
pub(super) async fn create(
    cx: &Context,
    permit: &Permit<LogRun>,
    mount: &Mount,
    new: &NewModel,
) -> Result<(FoundModel, ModelData)> {
    if new.experiment == "0" {
        ensure_default(cx, permit, mount).await?;
    }
    let (params, tags) = (&checked_params(&new.params)?, &checked_tags(&new.tags)?);
    let write = cx.db.write(|tx| async move {
        let experiment = experiments::find(&tx, permit, mount, &new.experiment).await?;
        experiment.active()?;
        if !new.source_run.is_empty() {
            let run = crate::runs::find_run(&tx, permit, &new.source_run).await?;
            if run.space() != experiment.space() {
                return Err(Error::NoRun(crate::shown(&new.source_run)));
            }
        }
        let id = cx.ids.next("m");
        let name = new.name.clone().filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| crate::runs::made_up_name(&id));
        check_model_name(&name)?;
        let now = cx.clock.now();
        let model = LoggedModel {
            id,
            experiment: experiment.number,
            name,
            model_type: new.model_type.chars().take(500).collect(),
            source_run: new.source_run.clone(),
            state: LoggedModelState::Pending,
            status_message: String::new(),
            created_by: permit.caller().name(),
            created_at: now,
            changed_at: now,
        };
        tx.insert_logged_model(&model).await?;
        tx.insert_model_params(&model.id, params).await?;
        tx.set_model_tags(&model.id, tags).await?;
        let data = ModelData { params: params.clone(), tags: tags.clone(), ..ModelData::default() };
        Ok((FoundModel { model, experiment }, data))
    });
    write.await
}

/// Returns a model with what belongs to it.
async fn with_data(tx: &Tx, found: FoundModel) -> Result<(FoundModel, ModelData)> {
    let mut data = tx.list_model_data(std::slice::from_ref(&found.model.id)).await?;
    let data = data.remove(&found.model.id).unwrap_or_default();
    Ok((found, data))
}

/// Returns model `id` with what belongs to it.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadExperiment>, id: &str) -> Result<(FoundModel, ModelData)> {
    cx.db.read(|tx| async move { with_data(&tx, find_model(&tx, permit, id).await?).await }).await
}

/// Says whether a model's files are there.
pub(super) async fn finalize(
    cx: &Context,
    permit: &Permit<LogRun>,
    id: &str,
    state: LoggedModelState,
) -> Result<(FoundModel, ModelData)> {
    let write = cx.db.write(|tx| async move {
        let mut found = find_model(&tx, permit, id).await?;
        found.model = LoggedModel { state, changed_at: cx.clock.now(), ..found.model };
        tx.save_logged_model(&found.model).await?;
        with_data(&tx, found).await
    });
    write.await
}

/// Deletes a model; its files stay until nothing names them, and versions made of it keep theirs.
pub(super) async fn delete(cx: &Context, permit: &Permit<DeleteRun>, id: &str) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let found = find_model(&tx, permit, id).await?;
        let now = cx.clock.now();
        tx.delete_logged_model(id, now).await?;
        let place = found.experiment.space.resource(FoundModel::KIND, &found.experiment.id, permit.caller());
        Ok(permit.entry(&place, now).before(&found.model).insert(&tx).await?)
    });
    write.await
}

/// Adds parameters; those that are there keep their value.
pub(super) async fn log_params(cx: &Context, permit: &Permit<LogRun>, id: &str, params: &[Tag]) -> Result<()> {
    let params = &checked_params(params)?;
    let write = cx.db.write(|tx| async move {
        let found = find_model(&tx, permit, id).await?;
        Ok(tx.insert_model_params(&found.model.id, params).await?)
    });
    write.await
}

/// Sets tags.
pub(super) async fn set_tags(
    cx: &Context,
    permit: &Permit<LogRun>,
    id: &str,
    tags: &[Tag],
) -> Result<(FoundModel, ModelData)> {
    let tags = &checked_tags(tags)?;
    let write = cx.db.write(|tx| async move {
        let found = find_model(&tx, permit, id).await?;
        tx.set_model_tags(&found.model.id, tags).await?;
        with_data(&tx, found).await
    });
    write.await
}

/// Deletes a tag.
pub(super) async fn delete_tag(cx: &Context, permit: &Permit<LogRun>, id: &str, key: &str) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let found = find_model(&tx, permit, id).await?;
        if tx.delete_model_tag(&found.model.id, key).await? {
            return Ok(());
        }
        Err(Error::NoTag { key: crate::shown(key), what: "logged model", id: crate::shown(id) })
    });
    write.await
}

/// Which models to list.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    /// What clients call the experiments.
    pub experiments: Vec<String>,
    pub filter: String,
    pub order_by: Vec<Fields>,
    pub token: Option<String>,
    pub limit: u32,
}

/// Returns a page of models, and the token of the next.
pub(super) async fn search(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    mount: &Mount,
    what: &Search,
) -> Result<(Vec<(FoundModel, ModelData)>, Option<String>)> {
    let read = cx.db.read(|tx| async move {
        let experiments = experiments_of(&tx, permit, mount, &what.experiments).await?;
        let mut sql = Sql::new(tx.engine());
        let clauses = parse(&what.filter, &DIALECT)?;
        let order = order(&mut sql, &what.order_by)?;
        let after = what.token.as_deref().map(|token| order.after(&mut sql, token)).transpose()?;
        let numbers: Vec<i64> = experiments.iter().map(|experiment| experiment.number).collect();
        let place = (after.as_deref(), what.limit);
        let (models, next) = tx.list_logged_models(&numbers, &clauses, place, &order, sql).await?;
        let ids: Vec<String> = models.iter().map(|model| model.id.clone()).collect();
        let mut data = tx.list_model_data(&ids).await?;
        let shown = models.into_iter().filter_map(|model| {
            let experiment = experiments.iter().find(|experiment| experiment.number == model.experiment)?.clone();
            let data = data.remove(&model.id).unwrap_or_default();
            Some((FoundModel { model, experiment }, data))
        });
        Ok((shown.collect(), next))
    });
    read.await
}

/// Reads an order: each a message with `field_name`, `ascending` and, for metrics, perhaps a dataset.
fn order(sql: &mut Sql, given: &[Fields]) -> Result<Ordering> {
    if given.len() > 20 {
        return Err(Error::invalid("order_by may name 20 things at most"));
    }
    let mut ordering = Ordering::default();
    for term in given {
        let name = term.text("field_name")?;
        // Ascending unless said, as the genuine server has it.
        let descending = term.has("ascending") && !term.flag("ascending")?;
        let term = match name.split_once('.') {
            Some(("metrics" | "metric", key)) => {
                let mut rows = format!("s.model = l.id AND s.key = {} AND NOT s.is_nan", sql.bind(key));
                for (field, column) in [("dataset_name", "s.dataset_name"), ("dataset_digest", "s.dataset_digest")] {
                    if let Some(text) = term.find_text(field)?.filter(|text| !text.is_empty()) {
                        rows += &format!(" AND {column} = {}", sql.bind(text));
                    }
                }
                let newest = format!(
                    "(SELECT s.value FROM logged_model_metrics s WHERE {rows} ORDER BY s.step DESC, s.at_ms DESC LIMIT 1)"
                );
                Term { sql: newest, kind: Kind::Real, nullable: true, descending }
            }
            other => {
                let name = other.map_or(name.as_str(), |(_, name)| name);
                let bad = || Error::invalid(format!("Invalid order by field name: {}", crate::shown(name)));
                let attribute = DIALECT.attribute(name).ok_or_else(bad)?;
                Term { nullable: attribute.nullable, ..Term::column(attribute.sql, attribute.kind, descending) }
            }
        };
        ordering.add(term);
    }
    ordering.add(Term::column("l.created_at_us", Kind::Whole(1), true));
    ordering.add(Term::column("l.id", Kind::Text, false));
    Ok(ordering)
}
