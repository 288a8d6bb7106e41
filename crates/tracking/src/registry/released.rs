//! Versions that the platform itself registers: what a release run made. Nobody's permit stands behind them; who calls has decided.
use super::model::{Version, VersionState};
use super::names::{NO_STAGE, check_name};
use super::store::RegistryStore;
use super::versions::digest;
use super::versions_store::VersionStore;
use super::{RegisteredModel, source};
use crate::Context;
use crate::artifacts::File;
use crate::artifacts::store::FileStore;
use crate::error::{Error, Result};
use crate::spaces::{Placed, Space};
use access::audit::{self, Entry};
use base::{Digest, PersonId, ProjectId};
use db::Tx;
use events::VersionRegistered;

/// Who registers it, in the audit log: no person.
const PLATFORM: &str = "delivery";

/// A version that a release run made.
#[derive(Clone, Debug)]
pub struct Released<'a> {
    pub project: &'a ProjectId,
    pub model: &'a str,
    /// Path, digest and size of each of its files, which lie in `objects`.
    pub files: &'a [(&'a str, Digest, u64)],
    /// The run that made it.
    pub run: &'a str,
    /// In whose name that ran.
    pub by: &'a PersonId,
    pub description: &'a str,
}

/// Registers a version of a model in the project's own space, making the model where there is none, and returns its number. Joins the
/// transaction; whoever calls sees to it that one run is registered once.
///
/// # Errors
/// A name that is none; [`db::Error::Stale`] where somebody made the model at the same time.
pub async fn register_released(cx: &Context, tx: &Tx, new: &Released<'_>) -> Result<i64> {
    check_name(new.model)?;
    let (space, now) = (Space::Project(new.project.clone()), cx.clock.now());
    let model = match tx.find_model_named(&space, new.model).await? {
        Some(found) => tx.lock_registered_model(&found.id).await?.ok_or(db::Error::Stale)?,
        None => {
            let model = RegisteredModel {
                id: cx.ids.next("rm"),
                space: space.clone(),
                name: new.model.to_owned(),
                description: String::new(),
                last_version: 0,
                created_by: new.by.clone(),
                created_at: now,
                changed_at: now,
                deleted_at: None,
                revision: 1,
            };
            tx.insert_registered_model(&model).await.map_err(|error| match error {
                db::Error::Taken => db::Error::Stale,
                other => other,
            })?;
            model
        }
    };
    let files = new.files.iter().map(|(path, digest, size)| File {
        path: (*path).to_owned(),
        digest: *digest,
        size_bytes: *size,
    });
    let files: Vec<File> = files.collect();
    let version = Version {
        id: cx.ids.next("mv"),
        model: model.id.clone(),
        name: model.name.clone(),
        space,
        version: model.last_version + 1,
        state: VersionState::Registered,
        stage: NO_STAGE.into(),
        description: new.description.to_owned(),
        source: format!("{}{}", source::RELEASE, new.run),
        run: String::new(),
        run_link: String::new(),
        logged_model: String::new(),
        digest: digest(&files)?,
        files: files.len() as u64,
        size_bytes: files.iter().map(|file| file.size_bytes).sum(),
        created_by: new.by.clone(),
        attempt: None,
        created_at: now,
        changed_at: now,
        deleted_at: None,
        revision: 1,
    };
    for file in &files {
        tx.put_file(&version.id, file, now).await?;
    }
    tx.insert_version(&version).await?;
    tx.save_registered_model(RegisteredModel { last_version: version.version, changed_at: now, ..model }).await?;
    let mut entry = Entry::new(now, PLATFORM, "RegisterModel", format!("{}/{}", Version::KIND, version.model));
    entry.on_behalf_of = Some(format!("person:{}", new.by));
    entry.after = Some(serde_json::to_value(&version).map_err(db::sql::unknown)?);
    audit::insert(tx, &entry).await?;
    let (space, model, number) = (version.space.to_string(), version.name, version.version);
    tx.publish(VersionRegistered { space, model, version: number, at: now }).await?;
    Ok(number)
}

/// Refuses to delete what a release made: a candidate names it.
pub(super) fn check_not_released(version: &Version) -> Result<()> {
    if version.source.starts_with(source::RELEASE) {
        return Err(Error::Released { name: version.name.clone(), version: version.version });
    }
    Ok(())
}
