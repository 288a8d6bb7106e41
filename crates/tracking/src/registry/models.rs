use super::model::ShownModel;
use super::names::{check_name, qualified};
use super::released::check_not_released;
use super::store::{DIALECT, PROMPT, RegistryStore, Which};
use super::versions_store::VersionStore;
use super::{ChangeModel, DeleteModel, ReadModel, RegisterModel, RegisteredModel};
use crate::Context;
use crate::error::{Error, Result};
use crate::experiments::{check_tag, last_of_each, rooms};
use crate::search::{Kind, Sql, Term, parse, parse_order};
use crate::spaces::{Mount, Placed, Space, enter, found, see};
use crate::wire::Tag;
use access::http::{Action, Permit};
use base::Timestamp;
use db::Tx;
use std::collections::HashMap;

/// The longest value of a tag in the registry, and the longest description.
pub(super) const TAG: usize = 100_000;
pub(super) const DESCRIPTION: usize = 100_000;

/// Returns what `name` may mean to the caller: that project's model, if it is `project.name` and they may read it there,
/// and the model of the own space that is called just so. The verb has no say, so that a name means the same to each.
async fn meanings<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    mount: &Mount,
    name: &str,
) -> Result<[Option<RegisteredModel>; 2]> {
    let space = enter(tx, permit, mount).await?;
    let own = tx.find_model_named(&space, name).await?;
    let Some((project, bare)) = qualified(name) else { return Ok([None, own]) };
    let elsewhere = Space::Project(project.into());
    let theirs = tx.find_model_named(&elsewhere, bare).await?;
    let is_seen = reads_models_of(tx, permit, &elsewhere).await?;
    Ok([theirs.filter(|_| is_seen), own])
}

/// Returns whether the caller may read the models of a project.
async fn reads_models_of<A: Action>(tx: &Tx, permit: &Permit<A>, project: &Space) -> Result<bool> {
    let whole = project.resource(RegisteredModel::KIND, "", permit.caller());
    Ok(permit.can::<ReadModel>(tx, &whole).await?.is_some())
}

/// Returns the model that the caller calls `name`, if they may do `A` to it, and what to call it. `project.name` is that
/// project's wherever they may read it there, so that no model of the own space can stand in its place; any other name is
/// of the own space.
pub(super) async fn named<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    mount: &Mount,
    name: &str,
) -> Result<(RegisteredModel, String)> {
    let [theirs, own] = meanings(tx, permit, mount, name).await?;
    let seen = see(tx, permit, theirs.or(own)).await?;
    seen.map(|model| (model, name.to_owned())).ok_or_else(|| Error::NoModel(crate::shown(name)))
}

/// Like [`named`], for every change: nobody else changes the model until this transaction ends, and where the name means
/// two models nothing is changed by a guess.
pub(super) async fn lock_named<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    mount: &Mount,
    name: &str,
) -> Result<RegisteredModel> {
    let meant = match meanings(tx, permit, mount, name).await? {
        [Some(theirs), Some(_)] => return Err(means_two(name, &theirs)),
        [theirs, own] => theirs.or(own),
    };
    let absent = || Error::NoModel(crate::shown(name));
    let model = see(tx, permit, meant).await?.ok_or_else(absent)?;
    tx.lock_registered_model(&model.id).await?.ok_or_else(absent)
}

fn means_two(name: &str, theirs: &RegisteredModel) -> Error {
    Error::invalid(format!(
        "'{}' is the name of a model here and means '{}' of {}, too: nothing was changed. Use that project's address for its \
         model; in a project, the one here is also called by the project's name, a dot, and this name.",
        crate::shown(name),
        crate::shown(&theirs.name),
        theirs.space
    ))
}

/// Refuses a new name that means another project's model to the caller: its first part is a project that they may see.
async fn check_means_no_project<A: Action>(tx: &Tx, permit: &Permit<A>, name: &str) -> Result<()> {
    let Some((project, bare)) = qualified(name) else { return Ok(()) };
    let space = Space::Project(project.into());
    // Both are asked of every project: one that is absent and one that is hidden cost the same work.
    let is_there = access::is_somebodys(tx, &space.to_string()).await?;
    let is_seen = reads_models_of(tx, permit, &space).await?;
    if !(is_there && is_seen) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid model name '{}'. '{project}' is a project, so this means the model '{}' of that project. Register it there, \
         at '/mlflow/{project}', under its bare name, or choose a name that does not begin with '{project}.'.",
        crate::shown(name),
        crate::shown(bare)
    )))
}

/// Records a change of a model.
pub(super) async fn record<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    before: Option<&RegisteredModel>,
    after: &RegisteredModel,
    now: Timestamp,
) -> Result<()> {
    let place = after.space.resource(RegisteredModel::KIND, &after.id, permit.caller());
    let draft = permit.entry(&place, now);
    let draft = before.into_iter().fold(draft, access::Draft::before);
    Ok(draft.after(after).insert(tx).await?)
}

/// Returns models with what a list shows of them.
pub(super) async fn shown(tx: &Tx, models: Vec<(RegisteredModel, String)>) -> Result<Vec<ShownModel>> {
    let ids: Vec<String> = models.iter().map(|(model, _)| model.id.clone()).collect();
    let mut tags = tx.list_registered_model_tags(&ids).await?;
    let mut aliases = tx.list_aliases(&ids).await?;
    let newest = tx.list_newest_versions(&ids).await?;
    let version_ids: Vec<String> = newest.iter().map(|version| version.id.clone()).collect();
    let mut version_tags = tx.list_version_tags(&version_ids).await?;
    let mut latest: HashMap<String, Vec<_>> = HashMap::new();
    for version in newest {
        let tags = version_tags.remove(&version.id).unwrap_or_default();
        latest.entry(version.model.clone()).or_default().push((version, tags));
    }
    let shown = models.into_iter().map(|(model, name)| ShownModel {
        tags: tags.remove(&model.id).unwrap_or_default(),
        aliases: aliases.remove(&model.id).unwrap_or_default(),
        latest: latest.remove(&model.id).unwrap_or_default(),
        model,
        name,
    });
    Ok(shown.collect())
}

async fn one(tx: &Tx, model: RegisteredModel, name: &str) -> Result<ShownModel> {
    let shown = shown(tx, vec![(model, name.to_owned())]).await?.pop();
    shown.ok_or_else(|| Error::NoModel(crate::shown(name)))
}

/// Registers a name in the space that the call means.
pub(super) async fn create(
    cx: &Context,
    permit: &Permit<RegisterModel>,
    mount: &Mount,
    name: &str,
    description: &str,
    tags: &[Tag],
) -> Result<ShownModel> {
    check_name(name)?;
    check_description(description)?;
    tags.iter().try_for_each(|tag| check_tag(tag, TAG))?;
    let tags = &last_of_each(tags);
    let write = cx.db.write(|tx| async move {
        let space = enter(&tx, permit, mount).await?;
        found(&tx, &space).await?;
        check_means_no_project(&tx, permit, name).await?;
        let now = cx.clock.now();
        let model = RegisteredModel {
            id: cx.ids.next("rm"),
            space,
            name: name.to_owned(),
            description: description.to_owned(),
            last_version: 0,
            created_by: permit.caller().name(),
            created_at: now,
            changed_at: now,
            deleted_at: None,
            revision: 1,
        };
        tx.insert_registered_model(&model).await.map_err(|error| match error {
            db::Error::Taken => Error::ModelTaken(crate::shown(name)),
            other => other.into(),
        })?;
        tx.set_registered_model_tags(&model.id, tags).await?;
        record(&tx, permit, None, &model, now).await?;
        one(&tx, model, name).await
    });
    write.await
}

/// Checks a description of a model or a version.
pub(super) fn check_description(text: &str) -> Result<()> {
    if text.chars().count() <= DESCRIPTION {
        return Ok(());
    }
    Err(Error::invalid(format!("'description' exceeds the maximum length of {DESCRIPTION} characters")))
}

/// Returns the model that the caller calls `name`.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadModel>, mount: &Mount, name: &str) -> Result<ShownModel> {
    let read = cx.db.read(|tx| async move {
        let (model, name) = named(&tx, permit, mount, name).await?;
        one(&tx, model, &name).await
    });
    read.await
}

/// Renames a model; its versions and aliases come along.
pub(super) async fn rename(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    name: &str,
    to: &str,
) -> Result<ShownModel> {
    check_name(to)?;
    let write = cx.db.write(|tx| async move {
        let before = lock_named(&tx, permit, mount, name).await?;
        check_means_no_project(&tx, permit, to).await?;
        let renamed = RegisteredModel { name: to.to_owned(), changed_at: cx.clock.now(), ..before.clone() };
        let saved = tx.save_registered_model(renamed).await.map_err(|error| match error {
            db::Error::Taken => Error::ModelTaken(crate::shown(to)),
            other => other.into(),
        })?;
        record(&tx, permit, Some(&before), &saved, saved.changed_at).await?;
        one(&tx, saved, to).await
    });
    write.await
}

/// Describes a model.
pub(super) async fn describe(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    name: &str,
    description: &str,
) -> Result<ShownModel> {
    check_description(description)?;
    let write = cx.db.write(|tx| async move {
        let before = lock_named(&tx, permit, mount, name).await?;
        let described =
            RegisteredModel { description: description.to_owned(), changed_at: cx.clock.now(), ..before.clone() };
        let saved = tx.save_registered_model(described).await?;
        record(&tx, permit, Some(&before), &saved, saved.changed_at).await?;
        one(&tx, saved, name).await
    });
    write.await
}

/// Deletes a model with its versions; its name is free again.
pub(super) async fn delete(cx: &Context, permit: &Permit<DeleteModel>, mount: &Mount, name: &str) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let before = lock_named(&tx, permit, mount, name).await?;
        tx.list_versions_of(&before.id).await?.iter().try_for_each(check_not_released)?;
        let now = cx.clock.now();
        tx.delete_versions_of(&before.id, now).await?;
        tx.end_pointers(&before.id, Which::All, &permit.caller().name(), now).await?;
        let gone = RegisteredModel { deleted_at: Some(now), changed_at: now, ..before.clone() };
        let saved = tx.save_registered_model(gone).await?;
        record(&tx, permit, Some(&before), &saved, now).await
    });
    write.await
}

/// Sets a tag of a model.
pub(super) async fn set_tag(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    name: &str,
    tag: &Tag,
) -> Result<()> {
    check_tag(tag, TAG)?;
    let write = cx.db.write(|tx| async move {
        let model = lock_named(&tx, permit, mount, name).await?;
        Ok(tx.set_registered_model_tags(&model.id, std::slice::from_ref(tag)).await?)
    });
    write.await
}

/// Deletes a tag of a model; one that is not there is no matter, as the genuine server has it.
pub(super) async fn delete_tag(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    name: &str,
    key: &str,
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let model = lock_named(&tx, permit, mount, name).await?;
        tx.delete_registered_model_tag(&model.id, key).await?;
        Ok(())
    });
    write.await
}

/// Returns whether a model is a prompt, which has versions without files.
pub(super) async fn is_prompt(tx: &Tx, model: &RegisteredModel) -> Result<bool> {
    let tags = tx.list_registered_model_tags(std::slice::from_ref(&model.id)).await?.remove(&model.id);
    Ok(tags.unwrap_or_default().iter().any(|tag| tag.key == PROMPT && tag.value.eq_ignore_ascii_case("true")))
}

/// Which models or versions to list.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub filter: String,
    pub order_by: Vec<String>,
    pub token: Option<String>,
    pub limit: u32,
}

/// Returns a page of the models of these spaces, and the token of the next.
pub(super) async fn search(tx: &Tx, spaces: &[Space], what: &Search) -> Result<(Vec<ShownModel>, Option<String>)> {
    let mut sql = Sql::new(tx.engine());
    let clauses = parse(&what.filter, &DIALECT)?;
    let last = [Term::column("m.name", Kind::Text, false), Term::column("m.id", Kind::Text, false)];
    let order = parse_order(&mut sql, &what.order_by, &DIALECT, &last)?;
    let after = what.token.as_deref().map(|token| order.after(&mut sql, token)).transpose()?;
    let spaces: Vec<String> = spaces.iter().map(ToString::to_string).collect();
    let place = (after.as_deref(), what.limit);
    let (models, next) = tx.list_registered_models(&spaces, clauses, place, &order, sql).await?;
    let named = models.into_iter().map(|model| {
        let name = model.name.clone();
        (model, name)
    });
    Ok((shown(tx, named.collect()).await?, next))
}

/// Returns a page of the models of the space that the call means.
pub(super) async fn search_here(
    cx: &Context,
    permit: &Permit<ReadModel>,
    mount: &Mount,
    what: &Search,
) -> Result<(Vec<ShownModel>, Option<String>)> {
    let read = cx.db.read(|tx| async move {
        let space = enter(&tx, permit, mount).await?;
        search(&tx, &[space], what).await
    });
    read.await
}

/// Returns a page of the models that the caller may see, of one space or of all.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadModel>,
    space: Option<&Space>,
    what: &Search,
) -> Result<(Vec<ShownModel>, Option<String>)> {
    let read = cx.db.read(|tx| async move {
        let all = match space {
            Some(space) => vec![space.clone()],
            None => tx.list_model_spaces().await?,
        };
        let spaces = rooms(&tx, permit, RegisteredModel::KIND, all).await?;
        search(&tx, &spaces, what).await
    });
    read.await
}
