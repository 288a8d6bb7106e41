use super::error::{Error, Result};
use super::model::DESCRIPTION;
use super::next::Standing;
use super::store::DatasetStore;
use super::{
    ClassifyColumn, Column, Dataset, DatasetState, DescribeDataset, ReadDataset, RetireDataset, SetRecordKey,
    SetVisibility, Version, Visibility,
};
use crate::Context;
use crate::profile::ColumnProfile;
use crate::sensitivity::{Level, Source};
use access::audit::Entry;
use access::{Action, Caller, Outcome, Permit, Role};
use base::{DatasetId, Next, PersonId, Resource, Securable, Timestamp};
use db::Tx;
use events::DatasetChanged;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of a history that are shown.
const HISTORY: u32 = 200;

/// A dataset as its viewer sees it: who may read a hidden one may know of it.
struct Seen {
    dataset: Dataset,
    granted: bool,
}

impl Securable for Seen {
    fn resource(&self) -> Resource {
        let resource = self.dataset.resource();
        Resource { listed: resource.listed || self.granted, ..resource }
    }
}

/// A dataset with what its page shows beside it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub dataset: Dataset,
    pub columns: Vec<Column>,
    /// Columns that the viewer may read in the clear.
    pub clear: BTreeSet<String>,
    pub readable: bool,
    /// Who decides on access to it.
    pub stewards: Vec<PersonId>,
    pub may_describe: bool,
    pub may_classify: bool,
    pub next: Next,
}

/// Returns dataset `id`. Joins the transaction; decides nothing.
///
/// # Errors
/// The store's.
pub async fn find(tx: &Tx, id: &DatasetId) -> db::Result<Option<Dataset>> {
    tx.find_dataset(id).await
}

/// What a version of a dataset holds, as it was when it was cut.
#[derive(Clone, Debug)]
pub struct Cut {
    pub version: Version,
    /// The digest of its columns' names and types.
    pub schema: base::Digest,
    pub files: Vec<super::TableFile>,
}

/// Returns a version of a dataset with its files, whoever asks.
///
/// # Errors
/// The store's.
pub async fn cut(tx: &Tx, id: &DatasetId, number: i64) -> db::Result<Option<Cut>> {
    let found = tx.find_content(id, number).await?;
    let Some((version, content)) = found else { return Ok(None) };
    let schema = base::digest_of(&content.columns()?).map_err(db::sql::unknown)?;
    Ok(Some(Cut { version, schema, files: content.files }))
}

/// Returns whether `dataset` is `active`.
///
/// # Errors
/// The store's.
pub async fn is_active(tx: &Tx, dataset: &str) -> db::Result<bool> {
    Ok(tx.find_dataset(&dataset.into()).await?.is_some_and(|found| found.state == DatasetState::Active))
}

/// Returns the columns of the current version, in their order.
///
/// # Errors
/// The store's.
pub async fn columns(tx: &Tx, id: &DatasetId) -> db::Result<Vec<Column>> {
    Ok(tx.list_columns(id).await?.into_iter().filter(|column| column.present).collect())
}

/// Takes the levels that an approval showed as a person's word. Joins the transaction, which audits the approval.
///
/// # Errors
/// The store's.
pub async fn confirm_levels(
    tx: &Tx,
    id: &DatasetId,
    shown: &BTreeMap<String, Level>,
    by: &PersonId,
    now: Timestamp,
) -> db::Result<()> {
    let Some(dataset) = tx.lock_dataset(id).await? else { return Ok(()) };
    for column in columns(tx, id).await? {
        if let Some(&level) = shown.get(&column.name)
            && !column.sensitivity.is_by_person()
        {
            tracing::info!(dataset = %id, column = column.name, %level, %by, %now, "a level was confirmed by an approval");
            tx.put_column(id, &Column { sensitivity: column.sensitivity.classified(level), ..column }).await?;
        }
    }
    tx.save_dataset(with_level(tx, dataset).await?).await?;
    Ok(())
}

/// Returns the dataset with the highest level of its columns.
async fn with_level(tx: &Tx, dataset: Dataset) -> db::Result<Dataset> {
    let levels = columns(tx, &dataset.id).await?.into_iter().map(|column| column.sensitivity.level);
    Ok(Dataset { level: levels.max().unwrap_or(Level::Restricted), ..dataset })
}

/// Returns the datasets that a caller may read under a grant now.
pub(crate) async fn readable(cx: &Context, tx: &Tx, caller: &Caller) -> db::Result<BTreeSet<String>> {
    crate::grants::readable(tx, &caller.principals(tx).await?, cx.clock.now()).await
}

async fn clear_columns(cx: &Context, tx: &Tx, caller: &Caller, id: &DatasetId) -> db::Result<BTreeSet<String>> {
    crate::grants::clear_columns(tx, id, &caller.principals(tx).await?, cx.clock.now()).await
}

/// Returns the dataset if the caller may know of it.
async fn seen<A: Action>(cx: &Context, tx: &Tx, permit: &Permit<A>, id: &DatasetId) -> Result<(Dataset, bool)> {
    let granted = readable(cx, tx, permit.caller()).await?.contains(&id.0);
    let found = tx.find_dataset(id).await?.map(|dataset| Seen { dataset, granted });
    let (seen, _) = permit.on(tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
    Ok((seen.dataset, granted))
}

async fn shown<A: Action>(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<A>,
    dataset: Dataset,
    readable: bool,
) -> Result<Shown> {
    let columns = columns(tx, &dataset.id).await?;
    let held = permit.held(tx).await?;
    let resource = dataset.resource();
    let clear = clear_columns(cx, tx, permit.caller(), &dataset.id).await?;
    let count = |source: Source| columns.iter().filter(|column| column.sensitivity.source == source).count();
    let may_describe = held.can::<DescribeDataset>(&resource).is_some();
    let may_classify = held.can::<ClassifyColumn>(&resource).is_some();
    let standing = Standing {
        may_classify,
        may_crawl: held.can::<crate::crawls::CrawlLake>(&resource).is_some(),
        unclassified: count(Source::Unclassified),
        proposed: count(Source::Proposed),
        clear: clear.len(),
        readable,
    };
    let mut stewards: Vec<PersonId> =
        access::holders(tx, Role::DataSteward, &resource).await?.into_iter().map(|right| right.holder).collect();
    stewards.sort();
    stewards.dedup();
    let next = dataset.next(standing);
    Ok(Shown { dataset, columns, clear, readable, stewards, may_describe, may_classify, next })
}

/// Returns dataset `id` with its columns, as the viewer sees it.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadDataset>, id: &DatasetId) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let (dataset, readable) = seen(cx, &tx, permit, id).await?;
            shown(cx, &tx, permit, dataset, readable).await
        })
        .await
}

/// Returns the profile of the current version, each column as far as the viewer may see it.
pub(super) async fn profile(
    cx: &Context,
    permit: &Permit<ReadDataset>,
    id: &DatasetId,
) -> Result<(Dataset, Vec<ColumnProfile>)> {
    cx.db
        .read(|tx| async move {
            let (dataset, _) = seen(cx, &tx, permit, id).await?;
            let profile = tx.find_profile(id, dataset.version).await?.unwrap_or_default();
            let steward = permit.can::<DescribeDataset>(&tx, &dataset.resource()).await?.is_some();
            let clear = clear_columns(cx, &tx, permit.caller(), id).await?;
            let levels: BTreeMap<String, Column> =
                columns(&tx, id).await?.into_iter().map(|column| (column.name.clone(), column)).collect();
            let cut = |column: ColumnProfile| {
                let may = steward || clear.contains(&column.name);
                match levels.get(&column.name) {
                    Some(known) if may || known.sensitivity.shows_values() => column,
                    Some(known) => column.withheld(why_not(known)),
                    None => column.withheld("the column is not in the current version".into()),
                }
            };
            Ok((dataset, profile.into_iter().map(cut).collect()))
        })
        .await
}

fn why_not(column: &Column) -> String {
    let level = match column.sensitivity.source {
        Source::Unclassified => "unclassified, which counts as restricted".to_owned(),
        Source::Proposed => format!("{}, which no person has confirmed", column.sensitivity.level),
        _ => column.sensitivity.level.to_string(),
    };
    format!("the column is {level}: values are shown to its stewards and under a grant that gives it in the clear")
}

/// Returns up to `limit` versions below `before`, the newest first.
pub(super) async fn versions(
    cx: &Context,
    permit: &Permit<ReadDataset>,
    id: &DatasetId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Version>> {
    cx.db
        .read(|tx| async move {
            seen(cx, &tx, permit, id).await?;
            let mut versions = tx.list_versions(id, before, limit).await?;
            let (held, mut known) = (permit.held(&tx).await?, BTreeMap::new());
            for (input, _) in versions.iter().flat_map(|version| &version.lineage.inputs) {
                if !known.contains_key(input) {
                    let found = tx.find_dataset(input).await?;
                    let seen = found.is_some_and(|found| held.can::<ReadDataset>(&found.resource()).is_some());
                    known.insert(input.clone(), seen);
                }
            }
            for version in &mut versions {
                version.lineage.inputs.retain(|(input, _)| known.get(input) == Some(&true));
            }
            Ok(versions)
        })
        .await
}

/// Returns what was done to dataset `id`, the newest first.
pub(super) async fn history(cx: &Context, permit: &Permit<ReadDataset>, id: &DatasetId) -> Result<Vec<Entry>> {
    cx.db
        .read(|tx| async move {
            seen(cx, &tx, permit, id).await?;
            let entries = access::audit::entries_of(&tx, &format!("dataset/{id}"), None, HISTORY).await?;
            // Who was refused is for the audit log, not for everyone who may see the dataset.
            let done = entries.into_iter().map(|(_, entry)| entry).filter(|entry| entry.outcome == Outcome::Allowed);
            Ok(done.collect())
        })
        .await
}

/// What a person says of a dataset and its columns; what is left out stays as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub description: Option<String>,
    pub columns: BTreeMap<String, String>,
}

async fn locked<A: Action>(tx: &Tx, permit: &Permit<A>, id: &DatasetId, verb: &'static str) -> Result<Dataset> {
    let found = tx.lock_dataset(id).await?;
    let (dataset, _) = permit.on(tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
    if dataset.state == DatasetState::Retired {
        return Err(Error::NotPossible { id: id.clone(), found: dataset.state, verb });
    }
    Ok(dataset)
}

async fn changed(tx: &Tx, dataset: &Dataset, at: Timestamp) -> Result<()> {
    let (id, state, version) = (dataset.id.clone(), dataset.state.to_string(), dataset.version);
    Ok(tx.publish(DatasetChanged { dataset: id, state, version, at }).await?)
}

/// Describes a dataset and its columns.
pub(super) async fn describe(
    cx: &Context,
    permit: &Permit<DescribeDataset>,
    id: &DatasetId,
    words: &Words,
) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let before = locked(&tx, permit, id, "describe").await?;
            let after = before.describe(words.description.as_ref().unwrap_or(&before.description))?;
            let known = columns(&tx, id).await?;
            let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
            for (name, text) in &words.columns {
                if text.chars().count() > DESCRIPTION {
                    return Err(Error::TooLong(DESCRIPTION));
                }
                let column = known.iter().find(|column| column.name == *name);
                let column = column.ok_or_else(|| Error::NoColumn(id.clone(), crate::lakes::shown(name)))?;
                if column.description != text.trim() {
                    old.insert(name, column.description.clone());
                    new.insert(name, text.trim().to_owned());
                    tx.put_column(id, &Column { description: text.trim().to_owned(), ..column.clone() }).await?;
                }
            }
            if new.is_empty() && after == before {
                return shown(cx, &tx, permit, before, false).await;
            }
            let now = cx.clock.now();
            let after = tx.save_dataset(after).await?;
            let entry = permit.entry(&after, now).before(&(&before.description, old)).after(&(&after.description, new));
            entry.insert(&tx).await?;
            changed(&tx, &after, now).await?;
            shown(cx, &tx, permit, after, false).await
        })
        .await
}

/// Says which columns name a record; the same again changes nothing. Once a project may have trained on it, another key would move rows
/// that were trained on to the side that models are judged on.
pub(super) async fn set_record_key(
    cx: &Context,
    permit: &Permit<SetRecordKey>,
    id: &DatasetId,
    key: &[String],
) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let before = locked(&tx, permit, id, "name records of").await?;
            let trained = crate::grants::projects_trained_on(&tx, id).await?;
            let after = before.name_records_by(key, &columns(&tx, id).await?, &trained)?;
            if after == before {
                return shown(cx, &tx, permit, before, false).await;
            }
            let now = cx.clock.now();
            let after = tx.save_dataset(after).await?;
            permit.record(&tx, Some(&before), &after, now).await?;
            changed(&tx, &after, now).await?;
            shown(cx, &tx, permit, after, false).await
        })
        .await
}

/// Says how sensitive a column is: a person's word, which stands above every rule.
pub(super) async fn classify(
    cx: &Context,
    permit: &Permit<ClassifyColumn>,
    id: &DatasetId,
    name: &str,
    level: Level,
) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let before = locked(&tx, permit, id, "classify").await?;
            let column = columns(&tx, id).await?.into_iter().find(|column| column.name == name);
            let column = column.ok_or_else(|| Error::NoColumn(id.clone(), crate::lakes::shown(name)))?;
            let sensitivity = column.sensitivity.classified(level);
            if sensitivity == column.sensitivity {
                return shown(cx, &tx, permit, before, false).await;
            }
            let now = cx.clock.now();
            let raised = level > column.sensitivity.level;
            let word = |sensitivity: &crate::sensitivity::Sensitivity| {
                (name.to_owned(), sensitivity.level, sensitivity.source)
            };
            let (old, new) = (word(&column.sensitivity), word(&sensitivity));
            tx.put_column(id, &Column { sensitivity, ..column }).await?;
            let after = tx.save_dataset(with_level(&tx, before).await?).await?;
            permit.entry(&after, now).before(&old).after(&new).insert(&tx).await?;
            if raised {
                let by = base::Principal::Person(permit.caller().name());
                crate::grants::suspend_for_level(cx, &tx, id, name, level, &by).await?;
            }
            changed(&tx, &after, now).await?;
            shown(cx, &tx, permit, after, false).await
        })
        .await
}

/// Lists a dataset for everyone, or hides it.
pub(super) async fn set_visibility(
    cx: &Context,
    permit: &Permit<SetVisibility>,
    id: &DatasetId,
    visibility: Visibility,
) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let before = locked(&tx, permit, id, "set_visibility").await?;
            if before.visibility == visibility {
                return shown(cx, &tx, permit, before, false).await;
            }
            let now = cx.clock.now();
            let after = tx.save_dataset(before.show_to(visibility)).await?;
            permit.record(&tx, Some(&before), &after, now).await?;
            changed(&tx, &after, now).await?;
            shown(cx, &tx, permit, after, false).await
        })
        .await
}

/// Takes a dataset out of use for good: reads end within a second, nothing is granted on it any more.
pub(super) async fn retire(cx: &Context, permit: &Permit<RetireDataset>, id: &DatasetId) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let found = tx.lock_dataset(id).await?;
            let (before, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            if before.state == DatasetState::Retired {
                return shown(cx, &tx, permit, before, false).await;
            }
            let now = cx.clock.now();
            let after = tx.save_dataset(before.retire()?).await?;
            permit.record(&tx, Some(&before), &after, now).await?;
            changed(&tx, &after, now).await?;
            shown(cx, &tx, permit, after, false).await
        })
        .await
}
