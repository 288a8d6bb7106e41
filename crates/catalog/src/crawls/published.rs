//! The profile of what was published: its files are read once, after the version was cut.
use super::read::{self, StopOnDrop};
use super::table::blocking;
use super::{Broken, Error, FileKind};
use crate::Context;
use crate::datasets::store::DatasetStore;
use crate::datasets::{self, Content, Origin, Version};
use crate::lakes::LakeRef;
use crate::lakes::store::LakeStore;
use crate::profile::{ColumnProfile, ColumnSketch, append_file};
use crate::sensitivity::propose;
use base::DatasetId;
use db::Tx;

/// Profiles the current version of a published dataset, and proposes levels for columns that nobody has classified.
/// Idempotent; a dataset that a crawl found, or that has its profile, is left alone.
///
/// # Errors
/// The store's; a file that cannot be read leaves the version without a profile.
pub(super) async fn profile(cx: &Context, id: &DatasetId) -> Result<(), Error> {
    let wanted = cx.db.read(|tx| async move { wanted(&tx, id).await });
    let Some((lake, version, content)) = wanted.await? else { return Ok(()) };
    let Some(sketches) = sketches(cx, &lake, &content).await? else { return Ok(()) };
    let columns = content.columns()?;
    let describe = move || {
        let of = |((name, data_type), sketch): ((String, String), &ColumnSketch)| {
            let (profile, proposed) = (ColumnProfile::of(&name, &data_type, sketch), propose(&name, sketch));
            (name, profile, proposed)
        };
        columns.into_iter().zip(&sketches).map(of).collect::<Vec<_>>()
    };
    let found = blocking("the profile", describe).await?;
    let found = &found;
    cx.db.write(|tx| async move { datasets::profiled(cx, &tx, id, version.number, found).await }).await?;
    Ok(())
}

async fn wanted(tx: &Tx, id: &DatasetId) -> db::Result<Option<(LakeRef, Version, Content)>> {
    let Some(dataset) = tx.find_dataset(id).await? else { return Ok(None) };
    if dataset.origin != Origin::Published || tx.find_profile(id, dataset.version).await?.is_none_or(|p| !p.is_empty())
    {
        return Ok(None);
    }
    let Some(lake) = tx.find_lake(&dataset.lake).await? else { return Ok(None) };
    let content = tx.find_content(id, dataset.version).await?;
    Ok(content.map(|(version, content)| (lake.place(), version, content)))
}

/// Returns a sketch per column over every file, or `None` if one cannot be read.
async fn sketches(cx: &Context, lake: &LakeRef, content: &Content) -> Result<Option<Vec<ColumnSketch>>, Error> {
    let stop = StopOnDrop::default();
    let (roots, lake) = (cx.roots.clone(), lake.clone());
    let dir = blocking("the lake", move || roots.open(&lake)).await??;
    let schema = datasets::decode_schema(&content.schema)?;
    let mut merged = vec![ColumnSketch::default(); schema.fields().len()];
    for file in &content.files {
        let (dir, at, stop) = (dir.clone(), file.clone(), stop.0.clone());
        let add = move || {
            let facts = read::read(&dir, &at.path, at.stamp(), FileKind::Parquet, &stop)?;
            let places: Vec<_> = (0..merged.len()).map(Some).collect();
            let bytes = facts.sketches.into_bytes().map_err(|why| Broken::of(&at.path, why.to_string()))?;
            if append_file(&mut merged, &bytes, &places, facts.rows) {
                Ok(merged)
            } else {
                Err(Broken::of(&at.path, "what was found in it does not go with the other files"))
            }
        };
        merged = match blocking(&file.path, add).await? {
            Ok(merged) => merged,
            Err(broken) => {
                tracing::warn!(path = broken.path, reason = broken.reason, "a published file could not be profiled");
                return Ok(None);
            }
        };
    }
    Ok(Some(merged))
}
