use super::model::ShownVersion;
use super::models::lock_named;
use super::names::{NO_STAGE, check_alias, stage};
use super::store::{RegistryStore, Which};
use super::versions::{lock, numbered, one};
use super::versions_store::VersionStore;
use super::{ChangeModel, Version};
use crate::Context;
use crate::error::{Error, Result};
use crate::spaces::{Mount, Placed};
use access::http::Permit;
use base::Timestamp;
use db::Tx;

/// What the audit log says of a pointer.
#[derive(serde::Serialize)]
struct Pointed<'a> {
    kind: &'a str,
    name: &'a str,
    version: Option<i64>,
}

async fn record(
    tx: &Tx,
    permit: &Permit<ChangeModel>,
    version: &Version,
    pointed: Pointed<'_>,
    now: Timestamp,
) -> Result<()> {
    let place = version.space.resource(Version::KIND, &version.model, permit.caller());
    Ok(permit.entry(&place, now).after(&pointed).insert(tx).await?)
}

/// Points an alias at a version; the one before it stays on record.
pub(super) async fn set_alias(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    which: (&str, &str),
    alias: &str,
) -> Result<()> {
    check_alias(alias)?;
    let write = cx.db.write(|tx| async move {
        // Whoever else points it at this moment waits here.
        let version = lock(&tx, permit, mount, which).await?;
        let aliases = tx.list_aliases(std::slice::from_ref(&version.model)).await?.remove(&version.model);
        let now_at = aliases.unwrap_or_default().into_iter().find(|known| known.name == alias);
        if now_at.is_some_and(|known| known.version == version.version) {
            return Ok(());
        }
        let (by, now) = (permit.caller().name(), cx.clock.now());
        tx.end_pointers(&version.model, Which::Alias(alias), &by, now).await?;
        tx.insert_pointer(&version.model, "alias", alias, version.version, &by, now).await?;
        let pointed = Pointed { kind: "alias", name: alias, version: Some(version.version) };
        record(&tx, permit, &version, pointed, now).await
    });
    write.await
}

/// Takes an alias away; one that is not there is no matter.
pub(super) async fn delete_alias(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    name: &str,
    alias: &str,
) -> Result<()> {
    let write = cx.db.write(|tx| async move {
        let model = lock_named(&tx, permit, mount, name).await?;
        let (by, now) = (permit.caller().name(), cx.clock.now());
        if tx.end_pointers(&model.id, Which::Alias(alias), &by, now).await? == 0 {
            return Ok(());
        }
        let place = model.space.resource(Version::KIND, &model.id, permit.caller());
        let pointed = Pointed { kind: "alias", name: alias, version: None };
        Ok(permit.entry(&place, now).after(&pointed).insert(&tx).await?)
    });
    write.await
}

/// Moves a version to a stage; others in it may be archived.
pub(super) async fn transition(
    cx: &Context,
    permit: &Permit<ChangeModel>,
    mount: &Mount,
    which: (&str, &str),
    to: &str,
    archive_others: bool,
) -> Result<ShownVersion> {
    let to = stage(to)?;
    if archive_others && !["Staging", "Production"].contains(&to) {
        return Err(Error::invalid(format!(
            "Model version transition cannot archive existing model versions because '{to}' is not an Active stage. Valid \
             stages are ['Staging', 'Production']"
        )));
    }
    let write = cx.db.write(|tx| async move {
        let version = lock(&tx, permit, mount, which).await?;
        move_to(cx, &tx, permit, &version, to, archive_others).await?;
        let moved = numbered(&tx, &version.model, (which.0, version.version)).await?;
        one(&tx, moved, which.0).await
    });
    write.await
}

async fn move_to(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<ChangeModel>,
    version: &Version,
    to: &str,
    archive_others: bool,
) -> Result<()> {
    let (by, now) = (permit.caller().name(), cx.clock.now());
    if archive_others {
        for other in tx.list_versions_of(&version.model).await? {
            if other.stage == to && other.version != version.version {
                tx.end_pointers(&version.model, Which::StageOf(other.version), &by, now).await?;
                tx.insert_pointer(&version.model, "stage", "Archived", other.version, &by, now).await?;
            }
        }
    }
    if version.stage == to {
        return Ok(());
    }
    tx.end_pointers(&version.model, Which::StageOf(version.version), &by, now).await?;
    if to != NO_STAGE {
        tx.insert_pointer(&version.model, "stage", to, version.version, &by, now).await?;
    }
    let moved = Version { changed_at: now, ..version.clone() };
    tx.save_version(moved).await?;
    let pointed = Pointed { kind: "stage", name: to, version: Some(version.version) };
    record(tx, permit, version, pointed, now).await
}
