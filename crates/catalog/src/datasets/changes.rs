//! What crawls and publishing make of a dataset: each in the caller's transaction, whole or not at all.
use super::error::{Error, Result};
use super::store::DatasetStore;
use super::table::{Content, Format, TableFile};
use super::{Change, Column, Dataset, DatasetState, Lineage, Origin, Version, Visibility};
use crate::crawls::compared;
use crate::lakes::Lake;
use crate::lakes::store::LakeStore;
use crate::profile::ColumnProfile;
use crate::sensitivity::{Level, Sensitivity, Source};
use crate::{Context, grants};
use access::audit::Entry;
use arrow::datatypes::SchemaRef;
use base::{CrawlId, DatasetId, Principal};
use db::Tx;
use events::DatasetChanged;
use std::collections::{BTreeMap, HashSet};

/// What a crawl found of one table.
#[derive(Clone, Debug)]
pub(crate) struct Crawled {
    pub dataset: DatasetId,
    pub crawl: CrawlId,
    pub content: Content,
    pub profile: Vec<ColumnProfile>,
    /// One per column of `content`, in its order: whether it may be null, and what rules propose.
    pub columns: Vec<(bool, Sensitivity)>,
}

/// What is published as a version of a dataset: files already durable in the lake's folder.
#[derive(Clone, Debug)]
pub struct Published {
    pub dataset: DatasetId,
    pub schema: SchemaRef,
    pub files: Vec<TableFile>,
    pub rows: i64,
    /// What was read to make it: a column keeps the level that it has there.
    pub inputs: Vec<(DatasetId, i64)>,
    pub by: Principal,
    /// `endpoint/prod.credit`, `attempt/a-7`; nothing where a person sends it.
    pub made_by: Option<String>,
}

/// Who makes captured calls a dataset: no other publishes it, since monitors judge by it.
const ENDPOINT: &str = "endpoint/";
/// How the tables of captured calls end, in whatever case: kept free for those who make them, who come with the first call.
pub const CAPTURED: &str = "_capture";
/// How the audit log names crawls.
const CRAWLER: &str = "crawler";

/// A version about to be cut.
struct Cut<'a> {
    content: &'a Content,
    profile: &'a [ColumnProfile],
    columns: &'a [(bool, Sensitivity)],
    crawl: Option<&'a CrawlId>,
    published_by: Option<&'a Principal>,
    lineage: &'a Lineage,
    origin: Origin,
}

/// Takes what a crawl found of a table and says whether anything changed.
pub(crate) async fn crawled(cx: &Context, tx: &Tx, lake: &Lake, found: &Crawled) -> db::Result<bool> {
    let before = tx.lock_dataset(&found.dataset).await?;
    if before.as_ref().is_some_and(|d| d.origin == Origin::Published || d.state == DatasetState::Retired) {
        return Ok(false);
    }
    let cut = Cut {
        content: &found.content,
        profile: &found.profile,
        columns: &found.columns,
        crawl: Some(&found.crawl),
        published_by: None,
        lineage: &Lineage::default(),
        origin: Origin::Crawled,
    };
    let after = cut_version(cx, tx, lake, &found.dataset, before.as_ref(), &cut).await?;
    record(cx, tx, before.as_ref(), &after).await?;
    Ok(true)
}

/// Records what a crawl made of a dataset, and tells its subscribers.
async fn record(cx: &Context, tx: &Tx, before: Option<&Dataset>, after: &Dataset) -> db::Result<()> {
    let mut entry = Entry::new(cx.clock.now(), CRAWLER, "CrawlDataset", format!("dataset/{}", after.id));
    entry.before = before.and_then(|before| serde_json::to_value(before).ok());
    entry.after = serde_json::to_value(after).ok();
    access::audit::insert(tx, &entry).await?;
    changed(cx, tx, after).await
}

async fn changed(cx: &Context, tx: &Tx, after: &Dataset) -> db::Result<()> {
    let (dataset, state, version) = (after.id.clone(), after.state.to_string(), after.version);
    tx.publish(DatasetChanged { dataset, state, version, at: cx.clock.now() }).await
}

async fn cut_version(
    cx: &Context,
    tx: &Tx,
    lake: &Lake,
    id: &DatasetId,
    before: Option<&Dataset>,
    cut: &Cut<'_>,
) -> db::Result<Dataset> {
    let now = cx.clock.now();
    let (columns, number) = (cut.content.columns()?, before.map_or(1, |before| before.version + 1));
    let (change, summary) = judged(tx, id, before, cut.content, &columns).await?;
    let level = put_columns(cx, tx, id, &columns, cut).await?;
    let sum = |of: fn(&TableFile) -> i64| cut.content.files.iter().map(of).sum::<i64>();
    let (rows, size_bytes) = (sum(|file| file.rows), sum(|file| file.size_bytes));
    let files = i64::try_from(cut.content.files.len()).unwrap_or(i64::MAX);
    let after = Dataset {
        id: id.clone(),
        lake: lake.id.clone(),
        team: lake.team.clone(),
        state: DatasetState::Active,
        visibility: before.map_or(Visibility::Listed, |before| before.visibility),
        origin: cut.origin,
        description: before.map(|before| before.description.clone()).unwrap_or_default(),
        version: number,
        rows,
        size_bytes,
        files,
        columns: i64::try_from(columns.len()).unwrap_or(i64::MAX),
        level,
        record_key: before.map_or_else(Vec::new, |before| before.record_key.clone()),
        found_at: before.map_or(now, |before| before.found_at),
        changed_at: now,
        revision: before.map_or(1, |before| before.revision),
    };
    let after = if before.is_some() {
        tx.save_dataset(after).await?
    } else {
        tx.insert_dataset(&after).await?;
        after
    };
    let version = Version {
        dataset: id.clone(),
        number,
        crawl: cut.crawl.cloned(),
        published_by: cut.published_by.map(ToString::to_string),
        lineage: cut.lineage.clone(),
        cut_at: now,
        change,
        summary,
        digest: cut.content.digest().to_string(),
        rows,
        size_bytes,
        files,
    };
    tx.insert_version(&version, cut.content, cut.profile).await?;
    Ok(after)
}

/// Returns how the new content differs from the current version's.
async fn judged(
    tx: &Tx,
    id: &DatasetId,
    before: Option<&Dataset>,
    content: &Content,
    columns: &[(String, String)],
) -> db::Result<(Change, String)> {
    let old = match before {
        Some(before) => tx.find_content(id, before.version).await?,
        None => None,
    };
    let Some((_, old)) = old else { return Ok((Change::First, String::new())) };
    let (breaking, mut notes) = compared(&old.columns()?, columns);
    let known: HashSet<&TableFile> = old.files.iter().collect();
    let fresh: HashSet<&TableFile> = content.files.iter().collect();
    let (added, gone) = (fresh.difference(&known).count(), known.difference(&fresh).count());
    if added + gone > 0 {
        notes.push(format!("{added} files new or changed, {gone} gone or replaced"));
    }
    if old.format != content.format {
        notes.push("the format is another".into());
    }
    Ok((if breaking { Change::Breaking } else { Change::Compatible }, notes.join("; ")))
}

/// Writes the columns of a version and returns the highest level. A crawl keeps what people said of them; publishing
/// lowers nothing, and what it raises suspends the grants that read it less masked than policy asks then.
async fn put_columns(
    cx: &Context,
    tx: &Tx,
    id: &DatasetId,
    columns: &[(String, String)],
    cut: &Cut<'_>,
) -> db::Result<Level> {
    let known = tx.list_columns(id).await?;
    let mut highest = Level::Public;
    for (position, ((name, data_type), (nullable, found))) in columns.iter().zip(cut.columns).enumerate() {
        let old = known.iter().find(|column| column.name == *name);
        let sensitivity = match (old, cut.published_by) {
            (None, _) => found.clone(),
            (Some(old), None) => old.sensitivity.crawled(found.clone()),
            (Some(old), Some(by)) => {
                let sensitivity = old.sensitivity.published(found.clone());
                if sensitivity.level > old.sensitivity.level {
                    grants::suspend_for_level(cx, tx, id, name, sensitivity.level, by).await?;
                }
                sensitivity
            }
        };
        highest = highest.max(sensitivity.level);
        let column = Column {
            name: name.clone(),
            position: i64::try_from(position).unwrap_or(i64::MAX),
            data_type: data_type.clone(),
            nullable: *nullable,
            partition: cut.content.partitions.iter().any(|key| key.name == *name),
            present: true,
            description: old.map(|old| old.description.clone()).unwrap_or_default(),
            sensitivity,
        };
        tx.put_column(id, &column).await?;
    }
    for gone in known.into_iter().filter(|old| old.present && !columns.iter().any(|(name, _)| *name == old.name)) {
        tx.put_column(id, &Column { present: false, ..gone }).await?;
    }
    Ok(highest)
}

/// Says of an active dataset that a crawl did not find it.
pub(crate) async fn lost(cx: &Context, tx: &Tx, id: &DatasetId) -> db::Result<bool> {
    step(cx, tx, id, Dataset::lose).await
}

/// Says of a missing dataset that a crawl found it as it was.
pub(crate) async fn found_again(cx: &Context, tx: &Tx, id: &DatasetId) -> db::Result<bool> {
    step(cx, tx, id, Dataset::reappear).await
}

async fn step(cx: &Context, tx: &Tx, id: &DatasetId, verb: fn(&Dataset) -> Result<Dataset>) -> db::Result<bool> {
    let Some(before) = tx.lock_dataset(id).await? else { return Ok(false) };
    let Ok(after) = verb(&before) else { return Ok(false) };
    let after = tx.save_dataset(after).await?;
    record(cx, tx, Some(&before), &after).await?;
    Ok(true)
}

/// Makes a dataset of files that were published, or adds a version to one; joins the caller's transaction, which has
/// decided that the caller may. Returns the version's number. Crawls leave a published dataset's content alone.
///
/// # Errors
/// [`Error::Crawled`] if a crawl found a dataset of that name; [`Error::OtherMaker`] if an endpoint makes it, or is to append to what
/// another made; [`crate::lakes::Error::NotFound`]; [`Error::Name`].
pub async fn publish(cx: &Context, tx: &Tx, what: &Published) -> Result<i64> {
    let parts: Vec<&str> = what.dataset.0.split('.').collect();
    let [lake, schema, table] = parts[..] else { return Err(Error::Name(what.dataset.0.clone())) };
    if ![schema, table].iter().all(|name| crate::lakes::plain_part(name)) {
        return Err(Error::Name(crate::lakes::shown(&what.dataset.0)));
    }
    let lake = base::LakeId(lake.to_owned());
    let lake = tx.find_lake(&lake).await?.ok_or(crate::lakes::Error::NotFound(lake))?;
    let before = tx.lock_dataset(&what.dataset).await?;
    if before.as_ref().is_some_and(|before| before.origin == Origin::Crawled) {
        return Err(Error::Crawled(what.dataset.clone()));
    }
    if let Some(retired) = before.as_ref().filter(|before| before.state == DatasetState::Retired) {
        return Err(Error::NotPossible { id: retired.id.clone(), found: retired.state, verb: "publish" });
    }
    if let Some(before) = &before {
        let maker = maker_of(tx, before).await?;
        if maker != what.made_by && (is_endpoint(maker.as_ref()) || is_endpoint(what.made_by.as_ref())) {
            return Err(Error::OtherMaker(before.id.clone()));
        }
    } else if is_for_captures(&what.dataset) && !is_endpoint(what.made_by.as_ref()) {
        return Err(Error::OtherMaker(what.dataset.clone()));
    }
    let rows = what.files.iter().map(|file| file.rows).sum::<i64>();
    if rows != what.rows {
        return Err(Error::Rows { said: what.rows, found: rows });
    }
    let (format, schema) = (Format::Parquet, super::encode_schema(&what.schema));
    let content = Content { format, schema, partitions: Vec::new(), files: what.files.clone() };
    let columns = inherited(tx, what).await?;
    let cut = Cut {
        content: &content,
        profile: &[], // the lake's next crawl reads the files
        columns: &columns,
        crawl: None,
        published_by: Some(&what.by),
        lineage: &Lineage { inputs: what.inputs.clone(), by: what.made_by.clone() },
        origin: Origin::Published,
    };
    let after = cut_version(cx, tx, &lake, &what.dataset, before.as_ref(), &cut).await?;
    changed(cx, tx, &after).await?; // who published, and under which grant, is on record with the caller
    Ok(after.version)
}

/// Returns what made the last version of a dataset, where that is on record.
async fn maker_of(tx: &Tx, dataset: &Dataset) -> db::Result<Option<String>> {
    let last = tx.find_content(&dataset.id, dataset.version).await?;
    Ok(last.and_then(|(version, _)| version.lineage.by))
}

fn is_endpoint(maker: Option<&String>) -> bool {
    maker.is_some_and(|by| by.starts_with(ENDPOINT))
}

fn is_for_captures(id: &DatasetId) -> bool {
    id.as_str().to_lowercase().ends_with(CAPTURED)
}

/// Returns whether an endpoint makes a dataset, or will, so that nobody else publishes it.
///
/// # Errors
/// The store's.
pub async fn is_made_by_endpoint(tx: &Tx, id: &DatasetId) -> db::Result<bool> {
    let Some(dataset) = tx.find_dataset(id).await? else { return Ok(is_for_captures(id)) };
    Ok(is_endpoint(maker_of(tx, &dataset).await?.as_ref()))
}

/// Returns for each column whether it may be null, and the highest level that a column of its name has among the inputs.
/// One of another name may be made of any of them, so it gets the highest of all.
async fn inherited(tx: &Tx, what: &Published) -> db::Result<Vec<(bool, Sensitivity)>> {
    let mut levels: BTreeMap<String, Level> = BTreeMap::new();
    for (input, _) in &what.inputs {
        for column in tx.list_columns(input).await? {
            let level = levels.entry(column.name).or_insert(Level::Public);
            *level = column.sensitivity.level.max(*level);
        }
    }
    let highest = levels.values().max().copied();
    // What a caller writes under a column's name need not be what stands there.
    if is_endpoint(what.made_by.as_ref()) {
        levels.clear();
    }
    let sensitivity = |name: &String| {
        let (level, rule) = match (levels.get(name), highest) {
            (Some(level), _) => (*level, "inherited from what was read"),
            (None, Some(level)) => (level, "the highest level of what was read"),
            (None, None) => return Sensitivity::unclassified(), // read from nothing that we know
        };
        Sensitivity { level, source: Source::Proposed, rule: Some(rule.into()), confidence: Some(1.0) }
    };
    Ok(what.schema.fields().iter().map(|field| (field.is_nullable(), sensitivity(field.name()))).collect())
}

/// Takes the profile of a published version, and the levels that rules propose: for columns nobody has classified, and
/// where they are higher than what was inherited.
pub(crate) async fn profiled(
    cx: &Context,
    tx: &Tx,
    id: &DatasetId,
    number: i64,
    found: &[(String, ColumnProfile, Sensitivity)],
) -> db::Result<()> {
    let Some(dataset) = tx.lock_dataset(id).await? else { return Ok(()) };
    let profile: Vec<ColumnProfile> = found.iter().map(|(_, profile, _)| profile.clone()).collect();
    tx.set_profile(id, number, &profile).await?;
    let (mut level, columns) = (Level::Public, tx.list_columns(id).await?);
    for column in columns.into_iter().filter(|column| column.present) {
        let proposed = found.iter().find(|(name, ..)| *name == column.name).map(|(.., proposed)| proposed);
        let (source, now) = (column.sensitivity.source, column.sensitivity.level);
        match proposed.filter(|proposed| proposed.source == Source::Proposed) {
            Some(proposed) if source == Source::Unclassified || source == Source::Proposed && proposed.level > now => {
                level = level.max(proposed.level);
                if proposed.level > now {
                    let by = Principal::Person(CRAWLER.into());
                    grants::suspend_for_level(cx, tx, id, &column.name, proposed.level, &by).await?;
                }
                tx.put_column(id, &Column { sensitivity: proposed.clone(), ..column }).await?;
            }
            _ => level = level.max(now),
        }
    }
    tx.save_dataset(Dataset { level, ..dataset }).await?;
    Ok(())
}
