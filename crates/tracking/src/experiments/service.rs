use super::model::{DEFAULT, check_name};
use super::store::{DIALECT, ExperimentStore, Wanted};
use super::{
    ChangeExperiment, CreateExperiment, DeleteExperiment, Experiment, Lifecycle, ReadExperiment, Shown, check_tag,
};
use crate::Context;
use crate::error::{Error, Result};
use crate::runs::store::RunStore;
use crate::search::{Kind, Sql, Term, parse, parse_order};
use crate::spaces::{Mount, Placed, Space, enter, found, see};
use crate::wire::Tag;
use access::http::{Action, Permit};
use base::Timestamp;
use db::Tx;
use std::collections::HashMap;

/// The longest value of an experiment's tag.
const TAG: usize = 20_000;

/// Returns the experiment that a client calls `id`, if the caller may do `A` to it.
pub(crate) async fn find<A: Action>(tx: &Tx, permit: &Permit<A>, mount: &Mount, id: &str) -> Result<Experiment> {
    let found = if id == "0" {
        let space = enter(tx, permit, mount).await?;
        tx.find_default_experiment(&space).await?
    } else {
        tx.find_experiment(id).await?
    };
    see(tx, permit, found).await?.ok_or_else(|| Error::NoExperiment(crate::shown(id)))
}

/// Makes the space's default experiment if there is none and the caller may make one.
pub(crate) async fn ensure_default<A: Action>(cx: &Context, permit: &Permit<A>, mount: &Mount) -> Result<()> {
    let missing = cx.db.read(|tx| async move {
        let space = enter(&tx, permit, mount).await?;
        let there = tx.find_default_experiment(&space).await?.is_some();
        let place = space.resource(Experiment::KIND, &space.to_string(), permit.caller());
        let may = !there && permit.can::<CreateExperiment>(&tx, &place).await?.is_some();
        Ok::<_, Error>(may.then_some(space))
    });
    let Some(space) = &missing.await? else { return Ok(()) };
    let made = cx.db.write(|tx| async move {
        found(&tx, space).await?;
        let experiment = new(cx, space, DEFAULT, true, permit.caller().name());
        tx.insert_experiment(&experiment).await?;
        let place = space.resource(Experiment::KIND, &experiment.id, permit.caller());
        permit.entry(&place, experiment.created_at).after(&experiment).insert(&tx).await?;
        Ok::<_, Error>(())
    });
    match made.await {
        // Another call made it meanwhile, or took its name for an experiment of its own.
        Err(Error::Store(db::Error::Taken)) => Ok(()),
        done => done,
    }
}

fn new(cx: &Context, space: &Space, name: &str, is_default: bool, by: base::PersonId) -> Experiment {
    let now = cx.clock.now();
    Experiment {
        number: 0,
        id: cx.ids.next("e"),
        space: space.clone(),
        name: name.to_owned(),
        is_default,
        state: Lifecycle::Active,
        created_by: by,
        created_at: now,
        changed_at: now,
        revision: 1,
    }
}

/// Records a change of an experiment.
async fn record<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    before: Option<&Experiment>,
    after: &Experiment,
    now: Timestamp,
) -> Result<()> {
    let place = after.space.resource(Experiment::KIND, &after.id, permit.caller());
    let draft = permit.entry(&place, now);
    let draft = before.into_iter().fold(draft, access::Draft::before);
    Ok(draft.after(after).insert(tx).await?)
}

/// Creates an experiment in the space that the call means.
pub(super) async fn create(
    cx: &Context,
    permit: &Permit<CreateExperiment>,
    mount: &Mount,
    name: &str,
    tags: &[Tag],
) -> Result<Experiment> {
    check_name(name)?;
    tags.iter().try_for_each(|tag| check_tag(tag, TAG))?;
    let tags = &last_of_each(tags);
    let write = cx.db.write(|tx| async move {
        let space = enter(&tx, permit, mount).await?;
        found(&tx, &space).await?;
        let experiment = new(cx, &space, name, false, permit.caller().name());
        let number = tx.insert_experiment(&experiment).await.map_err(|error| match error {
            db::Error::Taken => Error::ExperimentTaken(crate::shown(name)),
            other => other.into(),
        })?;
        tx.set_experiment_tags(number, tags).await?;
        record(&tx, permit, None, &experiment, experiment.created_at).await?;
        Ok(experiment)
    });
    write.await
}

/// Returns the last tag of each key: one statement must not touch a row twice.
pub(crate) fn last_of_each(tags: &[Tag]) -> Vec<Tag> {
    let by: std::collections::BTreeMap<&str, &Tag> = tags.iter().map(|tag| (tag.key.as_str(), tag)).collect();
    by.into_values().cloned().collect()
}

async fn with_tags(tx: &Tx, experiments: Vec<Experiment>) -> Result<Vec<Shown>> {
    let numbers: Vec<i64> = experiments.iter().map(|experiment| experiment.number).collect();
    let mut tags: HashMap<i64, Vec<Tag>> = tx.list_experiment_tags(&numbers).await?;
    let shown = experiments.into_iter().map(|experiment| {
        let tags = tags.remove(&experiment.number).unwrap_or_default();
        Shown { experiment, tags }
    });
    Ok(shown.collect())
}

/// Returns the experiment that a client calls `id`.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadExperiment>, mount: &Mount, id: &str) -> Result<Shown> {
    if id == "0" {
        ensure_default(cx, permit, mount).await?;
    }
    let read = cx.db.read(|tx| async move {
        let experiment = find(&tx, permit, mount, id).await?;
        with_tags(&tx, vec![experiment]).await?.pop().ok_or_else(|| Error::NoExperiment(crate::shown(id)))
    });
    read.await
}

/// Returns the active experiment of this name in the space that the call means.
pub(super) async fn get_named(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    mount: &Mount,
    name: &str,
) -> Result<Shown> {
    if name == DEFAULT {
        ensure_default(cx, permit, mount).await?;
    }
    let read = cx.db.read(|tx| async move {
        let absent = || Error::NoExperimentNamed(crate::shown(name));
        let space = enter(&tx, permit, mount).await?;
        let found = tx.find_experiment_named(&space, name).await?;
        let experiment = see(&tx, permit, found).await?.ok_or_else(absent)?;
        with_tags(&tx, vec![experiment]).await?.pop().ok_or_else(absent)
    });
    read.await
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub filter: String,
    pub order_by: Vec<String>,
    /// `None` for active and deleted ones.
    pub state: Option<Lifecycle>,
    pub token: Option<String>,
    pub limit: u32,
}

/// Returns a page of the experiments of these spaces, and the token of the next.
pub(super) async fn search(tx: &Tx, spaces: &[Space], what: &Search) -> Result<(Vec<Shown>, Option<String>)> {
    let mut sql = Sql::new(tx.engine());
    let clauses = parse(&what.filter, &DIALECT)?;
    let last = [Term::column("e.created_at_us", Kind::Whole(1), true), Term::column("e.number", Kind::Whole(1), false)];
    let order = parse_order(&mut sql, &what.order_by, &DIALECT, &last)?;
    let after = what.token.as_deref().map(|token| order.after(&mut sql, token)).transpose()?;
    let spaces: Vec<String> = spaces.iter().map(ToString::to_string).collect();
    let wanted =
        Wanted { spaces: &spaces, state: what.state, clauses: &clauses, after: after.as_deref(), limit: what.limit };
    let (experiments, next) = tx.list_experiments(&wanted, &order, sql).await?;
    Ok((with_tags(tx, experiments).await?, next))
}

/// Returns a page of the space that the call means.
pub(super) async fn search_here(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    mount: &Mount,
    what: &Search,
) -> Result<(Vec<Shown>, Option<String>)> {
    ensure_default(cx, permit, mount).await?;
    cx.db
        .read(|tx| async move {
            let space = enter(&tx, permit, mount).await?;
            search(&tx, &[space], what).await
        })
        .await
}

/// Returns those of `spaces` that the caller may do `A` in.
pub(crate) async fn rooms<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    kind: &'static str,
    spaces: Vec<Space>,
) -> Result<Vec<Space>> {
    let (visible, caller) = (permit.visible(tx).await?, permit.caller());
    let may = |space: &Space| space.open_to(caller) && visible.allows(&space.resource(kind, "", caller));
    Ok(spaces.into_iter().filter(may).collect())
}

/// Renames an experiment.
pub(super) async fn rename(
    cx: &Context,
    permit: &Permit<ChangeExperiment>,
    mount: &Mount,
    id: &str,
    name: Option<&str>,
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let before = lock(&tx, permit, mount, id).await?;
        let Some(name) = name.filter(|name| **name != before.name) else { return before.active() };
        let renamed = before.rename(name, cx.clock.now())?;
        let saved = tx.save_experiment(renamed).await.map_err(|error| match error {
            db::Error::Taken => Error::ExperimentTaken(crate::shown(name)),
            other => other.into(),
        })?;
        record(&tx, permit, Some(&before), &saved, saved.changed_at).await
    });
    write.await
}

async fn lock<A: Action>(tx: &Tx, permit: &Permit<A>, mount: &Mount, id: &str) -> Result<Experiment> {
    let seen = find(tx, permit, mount, id).await?;
    let locked = tx.lock_experiment(&seen.id).await?;
    locked.ok_or_else(|| Error::NoExperiment(crate::shown(id)))
}

/// Deletes an experiment with its runs, or brings it back with those that went with it.
pub(super) async fn delete_or_restore(
    cx: &Context,
    permit: &Permit<DeleteExperiment>,
    mount: &Mount,
    id: &str,
    to: Lifecycle,
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let before = lock(&tx, permit, mount, id).await?;
        let now = cx.clock.now();
        let after = if to == Lifecycle::Deleted { before.delete(now) } else { before.restore(now) }?;
        let saved = tx.save_experiment(after).await.map_err(|error| match error {
            db::Error::Taken => Error::ExperimentTaken(before.name.clone()),
            other => other.into(),
        })?;
        tx.move_runs_with_experiment(saved.number, to).await?;
        record(&tx, permit, Some(&before), &saved, now).await
    });
    write.await
}

/// Sets a tag.
pub(super) async fn set_tag(
    cx: &Context,
    permit: &Permit<ChangeExperiment>,
    mount: &Mount,
    id: &str,
    tag: &Tag,
) -> Result<()> {
    check_tag(tag, TAG)?;
    let write = cx.db.write(|tx| async move {
        let experiment = find(&tx, permit, mount, id).await?;
        experiment.active()?;
        Ok(tx.set_experiment_tags(experiment.number, std::slice::from_ref(tag)).await?)
    });
    write.await
}

/// Deletes a tag.
pub(super) async fn delete_tag(
    cx: &Context,
    permit: &Permit<ChangeExperiment>,
    mount: &Mount,
    id: &str,
    key: &str,
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let experiment = find(&tx, permit, mount, id).await?;
        experiment.active()?;
        if tx.delete_experiment_tag(experiment.number, key).await? {
            return Ok(());
        }
        let (key, id) = (crate::shown(key), experiment.client_id().to_owned());
        Err(Error::NoTag { key, what: "experiment", id })
    });
    write.await
}

/// Returns a page of the experiments that the caller may see, of one space or of all.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    space: Option<&Space>,
    what: &Search,
) -> Result<(Vec<Shown>, Option<String>)> {
    let read = cx.db.read(|tx| async move {
        let all = match space {
            Some(space) => vec![space.clone()],
            None => tx.list_experiment_spaces().await?,
        };
        let spaces = rooms(&tx, permit, Experiment::KIND, all).await?;
        search(&tx, &spaces, what).await
    });
    read.await
}

/// Returns experiment `id`, by its own id.
pub(super) async fn get_by_id(cx: &Context, permit: &Permit<ReadExperiment>, id: &str) -> Result<Shown> {
    let read = cx.db.read(|tx| async move {
        let absent = || Error::NoExperiment(crate::shown(id));
        let found = tx.find_experiment(id).await?;
        let experiment = see(&tx, permit, found).await?.ok_or_else(absent)?;
        with_tags(&tx, vec![experiment]).await?.pop().ok_or_else(absent)
    });
    read.await
}
