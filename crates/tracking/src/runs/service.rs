use super::batch::Batch;
use super::inputs_store::{InputStore, Profiles};
use super::model::{Data, Found, RUN_NAME, RunStatus, made_up_name};
use super::store::RunStore;
use super::values_store::ValueStore;
use super::{DeleteRun, LogRun, Run, inputs};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::store::ExperimentStore;
use crate::experiments::{self, Lifecycle, ReadExperiment, ensure_default};
use crate::logged_models::store::LoggedModelStore;
use crate::spaces::{Mount, Placed, see};
use crate::wire::Tag;
use access::http::{Action, Permit, Who};
use base::Timestamp;
use db::Tx;

/// For how long clients repeat an order that was not answered, in seconds.
const REPEATED_WITHIN: i64 = 600;

/// Returns run `id`, if the caller may do `A` to it.
pub(crate) async fn find_run<A: Action>(tx: &Tx, permit: &Permit<A>, id: &str) -> Result<Found> {
    let found = tx.find_run(id).await?;
    see(tx, permit, found).await?.ok_or_else(|| Error::NoRun(crate::shown(id)))
}

/// Returns run `id`, if it takes writes and the caller may log to it.
pub(crate) async fn writable(tx: &Tx, permit: &Permit<LogRun>, id: &str) -> Result<Found> {
    let found = find_run(tx, permit, id).await?;
    found.active()?;
    Ok(found)
}

/// A run to create.
#[derive(Clone, Debug, Default)]
pub(super) struct NewRun {
    /// What clients call the experiment.
    pub experiment: String,
    pub name: Option<String>,
    pub user: Option<String>,
    pub started_at: Option<Timestamp>,
    pub tags: Vec<Tag>,
}

/// Creates a run.
pub(super) async fn create(
    cx: &Context,
    permit: &Permit<LogRun>,
    mount: &Mount,
    new: &NewRun,
) -> Result<(Found, Data)> {
    if new.experiment == "0" {
        ensure_default(cx, permit, mount).await?;
    }
    let batch = &Batch::default().with_tags(new.tags.clone())?;
    let write = cx.db.write(|tx| async move {
        let experiment = experiments::find(&tx, permit, mount, &new.experiment).await?;
        experiment.active()?;
        let (tagged_name, tagged_user) = batch.mirrored();
        let caller = permit.caller();
        let id = cx.ids.next("run").trim_start_matches("run-").to_owned();
        let name = new.name.as_deref().filter(|name| !name.is_empty()).or(tagged_name).map(str::to_owned);
        let attempt = match &caller.who {
            Who::Attempt { attempt, .. } => Some(attempt.as_str().into()),
            _ => None,
        };
        let mut run = Run {
            number: 0,
            name: name.unwrap_or_else(|| made_up_name(&id)),
            id,
            experiment: experiment.number,
            status: RunStatus::Running,
            state: Lifecycle::Active,
            with_experiment: false,
            user: tagged_user.or(new.user.as_deref()).unwrap_or_default().to_owned(),
            created_by: caller.name(),
            attempt,
            started_at: new.started_at.unwrap_or_else(|| cx.clock.now()),
            ended_at: None,
        };
        let mut tags = batch.tags.clone();
        tags.retain(|tag| tag.key != RUN_NAME);
        tags.push(Tag { key: RUN_NAME.into(), value: run.name.clone() });
        tags.sort();
        if let Some(found) = unanswered(cx, &tx, &run, &tags).await? {
            return Ok((found, Data { tags, ..Data::default() }));
        }
        run.number = tx.insert_run(&run).await?;
        tx.set_run_tags(run.number, &tags).await?;
        let found = Found { run, experiment };
        record(&tx, permit, None, &found, cx.clock.now()).await?;
        Ok((found, Data { tags, ..Data::default() }))
    });
    write.await
}

/// Finds the run that the same order made before this process began: stock clients repeat, without a key, an order
/// whose answer broke off, and would leave a second run that nothing is ever logged to.
async fn unanswered(cx: &Context, tx: &Tx, new: &Run, tags: &[Tag]) -> Result<Option<Found>> {
    let last = match cx.last_before.get() {
        Some(last) => *last,
        None => {
            let last = tx.last_run().await?;
            *cx.last_before.get_or_init(|| last)
        }
    };
    if new.started_at < cx.clock.now().plus_seconds(-REPEATED_WITHIN) {
        return Ok(None);
    }
    let Some(id) = tx.find_unanswered(new, last).await? else { return Ok(None) };
    let Some(found) = tx.find_run(&id).await? else { return Ok(None) };
    let its = tx.list_run_tags(&[found.run.number]).await?.remove(&found.run.number).unwrap_or_default();
    Ok((its == tags).then_some(found))
}

/// Records a change of a run, as one of its experiment.
async fn record<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    before: Option<&Run>,
    after: &Found,
    now: Timestamp,
) -> Result<()> {
    let place = after.experiment.space.resource(Found::KIND, &after.experiment.id, permit.caller());
    let draft = permit.entry(&place, now);
    let draft = before.into_iter().fold(draft, access::Draft::before);
    Ok(draft.after(&after.run).insert(tx).await?)
}

/// Returns what each of these runs logged, in their order.
pub(super) async fn data_of(tx: &Tx, runs: &[i64], profiles: Profiles) -> Result<Vec<Data>> {
    let mut metrics = tx.list_latest(runs).await?;
    let mut params = tx.list_params(runs).await?;
    let mut tags = tx.list_run_tags(runs).await?;
    let mut datasets = tx.list_datasets(runs, profiles).await?;
    let mut models = tx.list_models(runs).await?;
    let data = runs.iter().map(|run| Data {
        metrics: metrics.remove(run).unwrap_or_default(),
        params: params.remove(run).unwrap_or_default(),
        tags: tags.remove(run).unwrap_or_default(),
        datasets: datasets.remove(run).unwrap_or_default(),
        models: models.remove(run).unwrap_or_default(),
    });
    Ok(data.collect())
}

/// Returns run `id` with what it logged.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadExperiment>, id: &str) -> Result<(Found, Data)> {
    let read = cx.db.read(|tx| async move {
        let found = find_run(&tx, permit, id).await?;
        let data = data_of(&tx, &[found.run.number], Profiles::With).await?.pop().unwrap_or_default();
        Ok((found, data))
    });
    read.await
}

/// What changes of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Update {
    pub status: Option<RunStatus>,
    pub ended_at: Option<Timestamp>,
    pub name: Option<String>,
}

/// Changes a run's status, end or name.
pub(super) async fn update(cx: &Context, permit: &Permit<LogRun>, id: &str, what: &Update) -> Result<Found> {
    let write = cx.db.write(|tx| async move {
        writable(&tx, permit, id).await?;
        let Some(Found { mut run, experiment }) = tx.lock_run(id).await? else {
            return Err(Error::NoRun(crate::shown(id)));
        };
        if let Some(status) = what.status {
            run.status = status;
        }
        run.ended_at = what.ended_at.or(run.ended_at);
        if let Some(name) = what.name.as_ref().filter(|name| !name.is_empty()) {
            run.name.clone_from(name);
            let tag = Tag { key: RUN_NAME.into(), value: name.clone() };
            tx.set_run_tags(run.number, &[tag]).await?;
        }
        tx.save_run(&run).await?;
        Ok(Found { run, experiment })
    });
    write.await
}

/// Deletes a run, or brings it back; again changes nothing.
pub(super) async fn delete_or_restore(cx: &Context, permit: &Permit<DeleteRun>, id: &str, to: Lifecycle) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        find_run(&tx, permit, id).await?;
        let Some(found) = tx.lock_run(id).await? else { return Err(Error::NoRun(crate::shown(id))) };
        if found.run.state == to {
            return Ok(());
        }
        let after = Run { state: to, with_experiment: false, ..found.run.clone() };
        tx.save_run(&after).await?;
        let (before, after) = (found.run, Found { run: after, experiment: found.experiment });
        record(&tx, permit, Some(&before), &after, cx.clock.now()).await
    });
    write.await
}

/// Logs a batch: all of it, or, should a parameter have another value already, nothing.
pub(super) async fn log(cx: &Context, permit: &Permit<LogRun>, id: &str, batch: &Batch) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let found = writable(&tx, permit, id).await?;
        let run = found.run.number;
        tx.insert_params(run, &batch.params).await?;
        if !batch.params.is_empty() {
            check_params(&tx, &found, &batch.params).await?;
        }
        tx.insert_points(run, &batch.distinct()).await?;
        tx.raise_latest(run, &batch.latest()).await?;
        log_to_models(&tx, &found, batch).await?;
        tx.set_run_tags(run, &batch.tags).await?;
        let (name, user) = batch.mirrored();
        if name.is_some() || user.is_some() {
            let Some(Found { mut run, .. }) = tx.lock_run(id).await? else {
                return Err(Error::NoRun(crate::shown(id)));
            };
            run.name = name.map_or(run.name, str::to_owned);
            run.user = user.map_or(run.user, str::to_owned);
            tx.save_run(&run).await?;
        }
        Ok(())
    });
    write.await
}

/// Refuses a parameter that was there with another value.
async fn check_params(tx: &Tx, found: &Found, params: &[Tag]) -> Result<()> {
    let keys: Vec<&str> = params.iter().map(|tag| tag.key.as_str()).collect();
    let kept = tx.list_params_of(found.run.number, &keys).await?;
    for new in params {
        if let Some(old) = kept.iter().find(|old| old.key == new.key && old.value != new.value) {
            return Err(Error::ParamChanged {
                run: found.run.id.clone(),
                key: new.key.clone(),
                old: crate::shown(&old.value),
                new: crate::shown(&new.value),
            });
        }
    }
    Ok(())
}

/// Keeps points that are about a model with the model, too.
async fn log_to_models(tx: &Tx, found: &Found, batch: &Batch) -> Result<()> {
    let about: Vec<_> = batch.points.iter().filter(|point| point.model.is_some()).collect();
    if about.is_empty() {
        return Ok(());
    }
    let mut models: Vec<String> = about.iter().filter_map(|point| point.model.clone()).collect();
    models.sort_unstable();
    models.dedup();
    inputs::check_models(tx, &found.experiment, &models).await?;
    Ok(tx.raise_model_metrics(&found.run.id, &about).await?)
}

/// Deletes a tag of a run.
pub(super) async fn delete_tag(cx: &Context, permit: &Permit<LogRun>, id: &str, key: &str) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let found = writable(&tx, permit, id).await?;
        if tx.delete_run_tag(found.run.number, key).await? {
            return Ok(());
        }
        Err(Error::NoTag { key: crate::shown(key), what: "run", id: crate::shown(id) })
    });
    write.await
}

/// The tag in which clients of MLflow 2 keep the models of a run.
const HISTORY: &str = "mlflow.log-model.history";
/// The most models that the tag lists.
const LONGEST_HISTORY: usize = 1_000;

/// Adds a model to the list that clients of MLflow 2 read.
pub(super) async fn log_model(
    cx: &Context,
    permit: &Permit<LogRun>,
    id: &str,
    model: &serde_json::Value,
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        writable(&tx, permit, id).await?;
        let Some(found) = tx.lock_run(id).await? else { return Err(Error::NoRun(crate::shown(id))) };
        let tags = tx.list_run_tags(&[found.run.number]).await?.remove(&found.run.number).unwrap_or_default();
        let kept = tags.into_iter().find(|tag| tag.key == HISTORY).map(|tag| tag.value).unwrap_or_default();
        let mut history: Vec<serde_json::Value> = serde_json::from_str(&kept).unwrap_or_default();
        if history.len() >= LONGEST_HISTORY {
            return Err(Error::invalid(format!("A run can hold at most {LONGEST_HISTORY} models.")));
        }
        if !history.contains(model) {
            history.push(model.clone());
        }
        let tag = Tag { key: HISTORY.into(), value: serde_json::Value::from(history).to_string() };
        Ok(tx.set_run_tags(found.run.number, &[tag]).await?)
    });
    write.await
}

/// Succeeds if the caller may see experiment `id`, by its own id.
pub(super) async fn check_experiment(cx: &Context, permit: &Permit<ReadExperiment>, id: &str) -> Result<()> {
    let read = cx.db.read(|tx| async move {
        let found = tx.find_experiment(id).await?;
        see(&tx, permit, found).await?.map(|_| ()).ok_or_else(|| Error::NoExperiment(crate::shown(id)))
    });
    read.await
}
