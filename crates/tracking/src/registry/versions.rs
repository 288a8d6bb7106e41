use super::model::{ShownVersion, Version, VersionState};
use super::models::{Search, TAG, check_description, is_prompt, lock_named, named};
use super::names::{NO_STAGE, number, stage};
use super::released::check_not_released;
use super::source::{self, Said};
use super::store::{RegistryStore, Which};
use super::versions_store::{DIALECT, VersionStore};
use super::{ChangeModel, DeleteModel, ReadModel, RegisterModel, RegisteredModel};
use crate::Context;
use crate::artifacts::store::FileStore;
use crate::artifacts::{File, clean};
use crate::error::{Error, Result};
use crate::experiments::{ReadExperiment, check_tag, last_of_each};
use crate::logged_models::store::LoggedModelStore;
use crate::search::{Kind, Sql, Term, parse, parse_order};
use crate::spaces::{Mount, Placed, enter, see};
use crate::wire::Tag;
use access::http::{Action, Permit, Who};
use base::Timestamp;
use db::Tx;
use events::VersionRegistered;

/// A version to register.
#[derive(Clone, Debug, Default)]
pub(super) struct NewVersion {
    pub name: String,
    pub source: String,
    pub run: String,
    pub logged_model: String,
    pub run_link: String,
    pub description: String,
    pub tags: Vec<Tag>,
}

/// Registers a version: a copy of the files that its source names, as they are at this moment.
pub(super) async fn register(
    cx: &Context,
    permit: &Permit<RegisterModel>,
    mount: &Mount,
    new: &NewVersion,
) -> Result<ShownVersion> {
    check_description(&new.description)?;
    new.tags.iter().try_for_each(|tag| check_tag(tag, TAG))?;
    let tags = &last_of_each(&new.tags);
    let write = cx.db.write(|tx| async move {
        let model = lock_named(&tx, permit, mount, &new.name).await?;
        let now = cx.clock.now();
        let mut version = draft(cx, permit, &model, new, now);
        let prompt = is_prompt(&tx, &model).await?;
        if !prompt {
            let said = Said { source: &new.source, run: &new.run, logged_model: &new.logged_model };
            let origin = source::find(&tx, permit, mount, said).await?;
            tx.copy_files(&origin.owner, &origin.folder, &version.id, now).await?;
            (version.run, version.logged_model) = (origin.run, origin.logged_model);
        }
        let files = tx.list_files(&version.id, "").await?;
        if files.is_empty() && !prompt {
            return Err(Error::Source { source_uri: crate::shown(&new.source), why: "There are no files there." });
        }
        version.files = files.len() as u64;
        version.size_bytes = files.iter().map(|file| file.size_bytes).sum();
        version.digest = digest(&files)?;
        tx.insert_version(&version).await?;
        tx.set_version_tags(&version.id, tags).await?;
        tx.save_registered_model(RegisteredModel { last_version: version.version, changed_at: now, ..model.clone() })
            .await?;
        let place = model.space.resource(Version::KIND, &model.id, permit.caller());
        permit.entry(&place, now).after(&version).insert(&tx).await?;
        let (space, model, number) = (model.space.to_string(), model.name, version.version);
        tx.publish(VersionRegistered { space, model, version: number, at: now }).await?;
        one(&tx, version, &new.name).await
    });
    write.await
}

fn draft(
    cx: &Context,
    permit: &Permit<RegisterModel>,
    model: &RegisteredModel,
    new: &NewVersion,
    now: Timestamp,
) -> Version {
    let attempt = match &permit.caller().who {
        Who::Attempt { attempt, .. } => Some(attempt.as_str().into()),
        _ => None,
    };
    Version {
        id: cx.ids.next("mv"),
        model: model.id.clone(),
        name: model.name.clone(),
        space: model.space.clone(),
        version: model.last_version + 1,
        state: VersionState::Registered,
        stage: NO_STAGE.into(),
        description: new.description.clone(),
        source: new.source.clone(),
        run: String::new(),
        run_link: new.run_link.clone(),
        logged_model: String::new(),
        digest: String::new(),
        files: 0,
        size_bytes: 0,
        created_by: permit.caller().name(),
        attempt,
        created_at: now,
        changed_at: now,
        deleted_at: None,
        revision: 1,
    }
}

/// Returns the digest of a list of files: path, digest and size of each, by path.
pub(super) fn digest(files: &[File]) -> Result<String> {
    let list: Vec<_> = files.iter().map(|file| (&file.path, file.digest, file.size_bytes)).collect();
    let digest = base::digest_of(&list).map_err(|error| db::Error::Unknown(error.to_string()))?;
    Ok(digest.to_string())
}

/// Returns versions with what belongs to them, each under the name that the caller uses.
pub(super) async fn shown(tx: &Tx, versions: Vec<(Version, String)>) -> Result<Vec<ShownVersion>> {
    let ids: Vec<String> = versions.iter().map(|(version, _)| version.id.clone()).collect();
    let mut tags = tx.list_version_tags(&ids).await?;
    let models: Vec<String> = versions.iter().map(|(version, _)| version.model.clone()).collect();
    let aliases = tx.list_aliases(&models).await?;
    let logged = versions.iter().map(|(version, _)| version.logged_model.clone()).filter(|id| !id.is_empty());
    let mut data = tx.list_model_data(&logged.collect::<Vec<_>>()).await?;
    let shown = versions.into_iter().map(|(version, name)| {
        let at = |alias: &&super::model::Alias| alias.version == version.version;
        let aliases = aliases.get(&version.model).into_iter().flatten().filter(at).map(|alias| alias.name.clone());
        let aliases: Vec<String> = aliases.collect();
        let data = data.remove(&version.logged_model).unwrap_or_default();
        let metrics = crate::logged_models::metrics(&version.logged_model, &data.metrics);
        let tags = tags.remove(&version.id).unwrap_or_default();
        ShownVersion { name, tags, aliases, params: data.params, metrics, version }
    });
    Ok(shown.collect())
}

/// Returns a version with what belongs to it.
pub(super) async fn one(tx: &Tx, version: Version, name: &str) -> Result<ShownVersion> {
    let absent = || Error::NoVersion { name: crate::shown(name), version: version.version.to_string() };
    let shown = shown(tx, vec![(version.clone(), name.to_owned())]).await?.pop();
    shown.ok_or_else(absent)
}

/// Returns the version that the caller calls `name` and `version`, if they may do `A` to it.
pub(super) async fn find<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    mount: &Mount,
    (name, version): (&str, &str),
) -> Result<(Version, String)> {
    let number = number(version)?;
    let (model, name) = named(tx, permit, mount, name).await?;
    Ok((numbered(tx, &model.id, (&name, number)).await?, name))
}

/// Like [`find`], for every change, as [`lock_named`] is: the model that the version is of is held.
pub(super) async fn lock<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    mount: &Mount,
    (name, version): (&str, &str),
) -> Result<Version> {
    let number = number(version)?;
    let model = lock_named(tx, permit, mount, name).await?;
    numbered(tx, &model.id, (name, number)).await
}

/// Returns the version of a model with this number, for a caller who calls the model `name`.
pub(super) async fn numbered(tx: &Tx, model: &str, (name, number): (&str, i64)) -> Result<Version> {
    let absent = || Error::NoVersion { name: crate::shown(name), version: number.to_string() };
    tx.find_version(model, number).await?.ok_or_else(absent)
}

/// Returns the version with this id of ours, if the caller may do `A` to it.
pub(crate) async fn find_version_by_id<A: Action>(tx: &Tx, permit: &Permit<A>, id: &str) -> Result<Option<Version>> {
    let found = tx.find_version_with_id(id).await?;
    see(tx, permit, found).await
}

/// Returns a file of a version.
pub(crate) async fn file_of_version(
    cx: &Context,
    permit: &Permit<ReadExperiment>,
    mount: &Mount,
    which: (&str, &str),
    path: &str,
) -> Result<File> {
    let path = &clean(path)?;
    let read = cx.db.read(|tx| async move {
        let (version, _) = find(&tx, permit, mount, which).await?;
        tx.find_file(&version.id, path).await?.ok_or_else(|| Error::NoArtifact(crate::shown(path)))
    });
    read.await
}

/// Returns a version.
pub(super) async fn get(
    cx: &Context,
    permit: &Permit<ReadModel>,
    mount: &Mount,
    which: (&str, &str),
) -> Result<ShownVersion> {
    let read = cx.db.read(|tx| async move {
        let (version, name) = find(&tx, permit, mount, which).await?;
        one(&tx, version, &name).await
    });
    read.await
}

/// Returns the version that an alias of a model points at.
pub(super) async fn get_by_alias(
    cx: &Context,
    permit: &Permit<ReadModel>,
    mount: &Mount,
    name: &str,
    alias: &str,
) -> Result<ShownVersion> {
    let read = cx.db.read(|tx| async move {
        let (model, name) = named(&tx, permit, mount, name).await?;
        let aliases = tx.list_aliases(std::slice::from_ref(&model.id)).await?.remove(&model.id).unwrap_or_default();
        let found = aliases.iter().find(|known| known.name == alias);
        let number = found.ok_or_else(|| Error::NoAlias(crate::shown(alias)))?.version;
        let version = tx.find_version(&model.id, number).await?;
        let version = version.ok_or_else(|| Error::NoAlias(crate::shown(alias)))?;
        one(&tx, version, &name).await
    });
    read.await
}

/// Returns the newest version of each of these stages, or of every stage.
pub(super) async fn newest(
    cx: &Context,
    permit: &Permit<ReadModel>,
    mount: &Mount,
    name: &str,
    stages: &[String],
) -> Result<Vec<ShownVersion>> {
    let wanted: &Vec<&str> = &stages.iter().map(|word| stage(word)).collect::<Result<_>>()?;
    let read = cx.db.read(|tx| async move {
        let (model, name) = named(&tx, permit, mount, name).await?;
        let mut newest = tx.list_newest_versions(&[model.id]).await?;
        newest.retain(|version| wanted.is_empty() || wanted.contains(&version.stage.as_str()));
        shown(&tx, newest.into_iter().map(|version| (version, name.clone())).collect()).await
    });
    read.await
}

/// Describes a version.
pub(super) async fn describe(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    which: (&str, &str),
    description: &str,
) -> Result<ShownVersion> {
    check_description(description)?;
    let write = cx.db.write(|tx| async move {
        let before = lock(&tx, permit, mount, which).await?;
        let described = Version { description: description.to_owned(), changed_at: cx.clock.now(), ..before.clone() };
        let saved = tx.save_version(described).await?;
        record(&tx, permit, &before, &saved, saved.changed_at).await?;
        one(&tx, saved, which.0).await
    });
    write.await
}

/// Records a change of a version, as one of its model.
async fn record<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    before: &Version,
    after: &Version,
    now: Timestamp,
) -> Result<()> {
    let place = after.space.resource(Version::KIND, &after.model, permit.caller());
    Ok(permit.entry(&place, now).before(before).after(after).insert(tx).await?)
}

/// Deletes a version; what pointed at it is free.
pub(super) async fn delete(
    cx: &Context,
    permit: &Permit<DeleteModel>,
    mount: &Mount,
    which: (&str, &str),
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let before = lock(&tx, permit, mount, which).await?;
        check_not_released(&before)?;
        let now = cx.clock.now();
        let saved = tx.save_version(before.delete(now)?).await?;
        tx.end_pointers(&saved.model, Which::At(saved.version), &permit.caller().name(), now).await?;
        record(&tx, permit, &before, &saved, now).await
    });
    write.await
}

/// Sets a tag of a version.
pub(super) async fn set_tag(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    which: (&str, &str),
    tag: &Tag,
) -> Result<()> {
    check_tag(tag, TAG)?;
    let write = cx.db.write(|tx| async move {
        let version = lock(&tx, permit, mount, which).await?;
        Ok(tx.set_version_tags(&version.id, std::slice::from_ref(tag)).await?)
    });
    write.await
}

/// Deletes a tag of a version; one that is not there is no matter, as the genuine server has it.
pub(super) async fn delete_tag(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    which: (&str, &str),
    key: &str,
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let version = lock(&tx, permit, mount, which).await?;
        tx.delete_version_tag(&version.id, key).await?;
        Ok(())
    });
    write.await
}

/// Returns a page of the versions of the space that the call means, and the token of the next.
pub(super) async fn search(
    cx: &Context,
    permit: &Permit<ReadModel>,
    mount: &Mount,
    what: &Search,
) -> Result<(Vec<ShownVersion>, Option<String>)> {
    let read = cx.db.read(|tx| async move {
        let space = enter(&tx, permit, mount).await?;
        let mut sql = Sql::new(tx.engine());
        let clauses = parse(&what.filter, &DIALECT)?;
        let last = [
            Term::column("v.changed_at_us", Kind::Whole(1), true),
            Term::column("m.name", Kind::Text, false),
            Term::column("v.version", Kind::Whole(1), true),
        ];
        let order = parse_order(&mut sql, &what.order_by, &DIALECT, &last)?;
        let after = what.token.as_deref().map(|token| order.after(&mut sql, token)).transpose()?;
        let place = (after.as_deref(), what.limit);
        let (versions, next) = tx.list_versions(&[space.to_string()], clauses, place, &order, sql).await?;
        let named = versions.into_iter().map(|version| {
            let name = version.name.clone();
            (version, name)
        });
        Ok((shown(&tx, named.collect()).await?, next))
    });
    read.await
}
