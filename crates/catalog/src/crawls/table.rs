//! Crawls one table: lists its files, reads those that changed, unites them, and hands over what came of it.
use super::effort::{Effort, Fresh};
use super::find::{Entry, Place};
use super::read::{self, Facts, MOST_COLUMNS, Stop};
use super::store::{CrawlStore, Known};
use super::unite::{partition_type, unite};
use super::{Broken, Crawl, Error, FileKind, find};
use crate::Context;
use crate::datasets::store::DatasetStore;
use crate::datasets::{self, Content, Crawled, DatasetState, Format, Origin, TableFile, encode_schema};
use crate::lakes::{Lake, LakeDir};
use crate::profile::{ColumnProfile, ColumnSketch, abreast, append_file};
use crate::sensitivity::{Sensitivity, propose};
use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use base::DatasetId;
use std::collections::{BTreeMap, BTreeSet};

/// Why a file is listed whose sketches do not read back. It is not written down with the file: the next crawl tries again, and a later
/// release may do better.
pub(super) const LOST: &str = "what was found in it was written down and cannot be read back, so it is left out: \
    this is a fault of the server, which an upgrade may mend";
/// In how many orders the CSV files of one table may hold its columns.
const MOST_ORDERS: usize = 32;

/// What a table's crawl needs.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    pub cx: &'a Context,
    pub lake: &'a Lake,
    pub dir: &'a LakeDir,
    pub stop: &'a Stop,
}

/// A file that is part of the table.
struct Good {
    path: String,
    known: Known,
    schema: SchemaRef,
    partition: Vec<(String, Option<String>)>,
}

/// Runs `work` on the blocking pool; a panic in a reader is an error, not the end of the server.
pub(super) async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Reader(what.to_owned()))
}

impl Tables<'_> {
    /// Crawls the table at `place` and counts into `crawl`. Returns whether it is there: its dataset is not missing.
    pub(super) async fn crawl(&self, crawl: &mut Crawl, place: &Place) -> Result<bool, Error> {
        let dataset = DatasetId(format!("{}.{}.{}", self.lake.id, place.schema, place.table));
        let (dir, at) = (self.dir.clone(), place.clone());
        let listed = blocking(&place.path, move || {
            let mut broken = Vec::new();
            find::files(dir.dir(), &at, &mut broken).map(|entries| (entries, broken))
        });
        let (entries, mut broken) = match listed.await? {
            Ok(listed) => listed,
            Err(why) => {
                self.end(crawl, &[Broken::of(&place.path, why)], None).await?;
                return Ok(true); // it is there, only nobody can look: what is known of it stays
            }
        };
        let entries = one_kind(entries, &mut broken);
        let mut effort = Effort::default();
        let (broken, is_there, outcome) = loop {
            let mut known = self.known(&dataset, &entries, &mut effort).await?;
            let mut broken = broken.clone();
            for path in &effort.lost {
                known.remove(path);
                broken.push(Broken::of(path, LOST));
            }
            let good = fitting(&entries, known, &mut broken)?;
            if good.is_empty() {
                break (broken, !effort.lost.is_empty(), None);
            }
            let good = in_few_orders(in_few_columns(good, &mut broken), &mut broken);
            let (good, content, schema) = united(good, &mut broken);
            match self.outcome(crawl, &dataset, &good, content, &schema).await? {
                Step::Settled(outcome) => break (broken, true, outcome),
                Step::ReadFirst(paths) => effort.read_first(paths),
            }
        };
        crawl.files_read += effort.read.len() as u64;
        crawl.files_skipped += (entries.len() - effort.read.len()) as u64;
        self.end(crawl, &broken, outcome.as_ref()).await?;
        Ok(is_there)
    }

    /// Returns what is known of each file, having read those that are new or changed, or to be read again.
    async fn known(
        &self,
        dataset: &DatasetId,
        entries: &[Entry],
        effort: &mut Effort,
    ) -> Result<BTreeMap<String, Known>, Error> {
        let (lake, db) = (&self.lake.id, &self.cx.db);
        let mut known = db.read(|tx| async move { tx.list_known(lake, dataset).await }).await?;
        let mut fresh = Fresh::default();
        for entry in entries {
            let is_as_it_was = known.get(&entry.path).is_some_and(|known| known.stamp == entry.stamp);
            if is_as_it_was && !effort.again.contains(&entry.path) {
                continue;
            }
            effort.read.insert(entry.path.clone());
            let (dir, at, stop) = (self.dir.clone(), entry.clone(), self.stop.clone());
            let read = blocking(&entry.path, move || read::read(&dir, &at.path, at.stamp, at.kind, &stop)).await;
            let read = read.unwrap_or_else(|_| Err(Broken::of(&entry.path, "the reader failed on it")));
            let (now, sketches) = known_of(entry, read)?;
            known.insert(entry.path.clone(), now.clone());
            if fresh.push(entry.path.clone(), now, sketches) {
                self.keep(dataset, &std::mem::take(&mut fresh)).await?;
            }
        }
        self.keep(dataset, &fresh).await?;
        let there: BTreeSet<&String> = entries.iter().map(|entry| &entry.path).collect();
        let gone: &Vec<String> = &known.keys().filter(|path| !there.contains(path)).cloned().collect();
        if !gone.is_empty() {
            let forget = |tx: db::Tx| async move {
                for path in gone {
                    tx.forget_file(lake, path).await?;
                }
                Ok::<_, db::Error>(())
            };
            db.write(forget).await?;
        }
        Ok(known)
    }

    async fn keep(&self, dataset: &DatasetId, fresh: &Fresh) -> Result<(), Error> {
        let lake = &self.lake.id;
        let keep = |tx: db::Tx| async move {
            for (path, known, sketches) in &fresh.files {
                tx.put_known(lake, dataset, path, known, sketches).await?;
            }
            Ok::<_, db::Error>(())
        };
        Ok(self.cx.db.write(keep).await?)
    }

    /// Returns what changed of the dataset, if anything did, or what must be read to know.
    async fn outcome(
        &self,
        crawl: &Crawl,
        dataset: &DatasetId,
        good: &[Good],
        content: Content,
        schema: &SchemaRef,
    ) -> Result<Step, Error> {
        let (id, digest) = (dataset, content.digest().to_string());
        let now = self.cx.db.read(|tx| async move {
            let Some(found) = tx.find_dataset(id).await? else { return Ok::<_, db::Error>(None) };
            let version = tx.find_content(id, found.version).await?.map(|(version, _)| version.digest);
            Ok(Some((found, version)))
        });
        if let Some((found, version)) = now.await?
            && (found.origin == Origin::Published || version.as_ref() == Some(&digest))
        {
            let is_back = found.state == DatasetState::Missing;
            return Ok(Step::Settled(is_back.then(|| Outcome::FoundAgain(dataset.clone()))));
        }
        let described = match self.described(good, schema).await? {
            Ok(described) => described,
            Err(paths) => return Ok(Step::ReadFirst(paths)),
        };
        let (mut profile, mut columns) = (Vec::new(), Vec::new());
        for (field, (column, sensitivity)) in schema.fields().iter().zip(described) {
            profile.push(column);
            columns.push((field.is_nullable(), sensitivity));
        }
        for (place, key) in content.partitions.iter().enumerate() {
            let (column, sensitivity) = partition(place, key, &content.files);
            profile.push(column);
            columns.push((true, sensitivity));
        }
        let (dataset, crawl) = (dataset.clone(), crawl.id.clone());
        let changed = Outcome::Changed(Box::new(Crawled { dataset, crawl, content, profile, columns }));
        Ok(Step::Settled(Some(changed)))
    }

    /// Returns profile and proposal of each column, from the sketches of every file in the order of paths, one file in memory at a time;
    /// or the files whose sketches cannot be read.
    async fn described(
        &self,
        good: &[Good],
        schema: &SchemaRef,
    ) -> Result<Result<Vec<(ColumnProfile, Sensitivity)>, BTreeSet<String>>, Error> {
        let mut described = Vec::with_capacity(schema.fields().len());
        for columns in abreast(schema.fields().len()) {
            let fields = schema.fields()[columns].to_vec();
            let mut merged = vec![ColumnSketch::default(); fields.len()];
            let mut unread = BTreeSet::new();
            for file in good {
                let (lake, path) = (&self.lake.id, file.path.as_str());
                let bytes = self.cx.db.read(|tx| async move { tx.find_sketches(lake, path).await }).await?;
                let bytes = bytes.ok_or(db::Error::Stale)?;
                let places: Vec<_> = fields.iter().map(|field| file.schema.index_of(field.name()).ok()).collect();
                let rows = u64::try_from(file.known.rows).unwrap_or(0);
                let append = move || {
                    let is_read = append_file(&mut merged, &bytes, &places, rows);
                    (merged, is_read)
                };
                let (appended, is_read) = blocking(path, append).await?;
                merged = appended;
                if !is_read {
                    unread.insert(file.path.clone());
                }
            }
            if !unread.is_empty() {
                return Ok(Err(unread));
            }
            let describe = move || {
                let columns = fields.iter().zip(&merged);
                let of = |(field, sketch): (&FieldRef, &ColumnSketch)| {
                    let profile = ColumnProfile::of(field.name(), &field.data_type().to_string(), sketch);
                    (profile, propose(field.name(), sketch))
                };
                columns.map(of).collect::<Vec<_>>()
            };
            described.extend(blocking("the profile", describe).await?);
        }
        Ok(Ok(described))
    }

    /// Writes what came of the table, with the crawl's counts, in one transaction.
    async fn end(&self, crawl: &mut Crawl, broken: &[Broken], outcome: Option<&Outcome>) -> Result<(), Error> {
        crawl.tables_done += 1;
        crawl.files_broken += broken.len() as u64;
        let (cx, lake, before) = (self.cx, self.lake, &*crawl);
        let saved = cx.db.write(|tx| async move {
            let changed = match outcome {
                None => false,
                Some(Outcome::FoundAgain(dataset)) => datasets::found_again(cx, &tx, dataset).await?,
                Some(Outcome::Changed(found)) => datasets::crawled(cx, &tx, lake, found).await?,
            };
            tx.put_broken(&before.id, broken).await?;
            let crawl = Crawl { tables_changed: before.tables_changed + u64::from(changed), ..before.clone() };
            tx.save_crawl(&crawl).await?;
            Ok::<_, db::Error>(crawl)
        });
        *crawl = saved.await?;
        Ok(())
    }
}

/// How far a table's crawl is.
enum Step {
    Settled(Option<Outcome>),
    /// What is kept of these files cannot be read, as another release wrote it: they must be.
    ReadFirst(BTreeSet<String>),
}

/// What a table's crawl comes to.
enum Outcome {
    /// The dataset was missing and is there again, as it was.
    FoundAgain(DatasetId),
    Changed(Box<Crawled>),
}

/// Keeps the files of the kind that most are, and lists the others.
fn one_kind(entries: Vec<Entry>, broken: &mut Vec<Broken>) -> Vec<Entry> {
    let parquet = entries.iter().filter(|entry| entry.kind == FileKind::Parquet).count();
    let kind = if parquet * 2 >= entries.len() { FileKind::Parquet } else { FileKind::Csv };
    let (kept, odd): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.kind == kind);
    broken
        .extend(odd.into_iter().map(|entry| Broken::of(entry.path, "most files of the table are of the other format")));
    kept
}

fn known_of(entry: &Entry, read: Result<Facts, Broken>) -> Result<(Known, Vec<u8>), Error> {
    let blank =
        Known { stamp: entry.stamp, rows: 0, digest: None, delimiter: None, schema: String::new(), broken: None };
    Ok(match read {
        Err(broken) => (Known { broken: Some(broken), ..blank }, Vec::new()),
        Ok(facts) => {
            let schema = encode_schema(&facts.schema);
            let (rows, digest, delimiter) = (db::sql::whole(facts.rows), facts.digest, facts.delimiter);
            let sketches = facts.sketches.into_bytes().map_err(db::sql::unknown)?;
            (Known { rows, digest, delimiter, schema, ..blank }, sketches)
        }
    })
}

/// Keeps the files that can be read and are partitioned and delimited like most.
fn fitting(
    entries: &[Entry],
    mut known: BTreeMap<String, Known>,
    broken: &mut Vec<Broken>,
) -> Result<Vec<Good>, db::Error> {
    let mut good = Vec::new();
    for entry in entries {
        let Some(known) = known.remove(&entry.path) else { continue };
        if let Some(reason) = known.broken {
            broken.push(reason);
            continue;
        }
        let schema = datasets::decode_schema(&known.schema)?;
        good.push(Good { path: entry.path.clone(), known, schema, partition: entry.partition.clone() });
    }
    let keys = |file: &Good| file.partition.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>().join("/");
    let usual = most(good.iter().map(keys));
    let good = sorted_out(good, broken, |file| {
        let own = keys(file);
        let shown = |keys: &str| if keys.is_empty() { "none".to_owned() } else { format!("`{keys}`") };
        (Some(&own) != usual.as_ref()).then(|| {
            format!("its partition keys are {}, elsewhere {}", shown(&own), shown(usual.as_deref().unwrap_or_default()))
        })
    });
    let usual = most(good.iter().map(|file| file.known.delimiter));
    Ok(sorted_out(good, broken, |file| {
        let key = file.partition.iter().find(|(key, _)| file.schema.index_of(key).is_ok());
        match key {
            Some((key, _)) => Some(format!("column `{key}` is a partition key too")),
            None if Some(file.known.delimiter) != usual => {
                Some("its delimiter is not that of the other files".to_owned())
            }
            None => None,
        }
    }))
}

/// Returns the value that stands there most often; of equal ones the first.
fn most<T: PartialEq>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: Vec<(T, usize)> = Vec::new();
    for value in values {
        match counts.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None => counts.push((value, 1)),
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}

fn sorted_out(files: Vec<Good>, broken: &mut Vec<Broken>, mut why: impl FnMut(&Good) -> Option<String>) -> Vec<Good> {
    let mut kept = Vec::new();
    for file in files {
        match why(&file) {
            Some(reason) => broken.push(Broken::of(&file.path, reason)),
            None => kept.push(file),
        }
    }
    kept
}

/// Unites the files' schemas, lists those that clash, and returns the rest with the content of the version.
fn united(good: Vec<Good>, broken: &mut Vec<Broken>) -> (Vec<Good>, Content, SchemaRef) {
    let united = unite(&good.iter().map(|file| file.schema.clone()).collect::<Vec<_>>());
    let mut kept = Vec::new();
    for (number, file) in good.into_iter().enumerate() {
        match united.clashes.get(&number) {
            Some(reason) => broken.push(Broken::of(&file.path, reason.clone())),
            None => kept.push(file),
        }
    }
    let keys: Vec<String> =
        kept.first().map(|file| file.partition.iter().map(|(key, _)| key.clone()).collect()).unwrap_or_default();
    let values =
        |place: usize| kept.iter().map(move |file| file.partition.get(place).and_then(|(_, value)| value.as_deref()));
    let partitions = keys.into_iter().enumerate().map(|(place, name)| {
        let whole = partition_type(values(place)) == DataType::Int64;
        datasets::Partition { name, whole }
    });
    let partitions: Vec<_> = partitions.collect();
    let file = |file: &Good| TableFile {
        path: file.path.clone(),
        size_bytes: file.known.stamp.size_bytes,
        modified_us: file.known.stamp.modified_at.0,
        rows: file.known.rows,
        digest: file.known.digest,
        values: file.partition.iter().map(|(_, value)| value.clone()).collect(),
        header: (file.known.delimiter.is_some() && names(&file.schema) != names(&united.schema))
            .then(|| names(&file.schema).into_iter().map(str::to_owned).collect()),
        row_bytes: read::row_bytes_of(&file.schema),
    };
    let format = match kept.first().and_then(|file| file.known.delimiter) {
        Some(delimiter) => Format::Csv { delimiter },
        None => Format::Parquet,
    };
    let files = kept.iter().map(file).collect();
    let content = Content { format, schema: encode_schema(&united.schema), partitions, files };
    (kept, content, united.schema)
}

fn names(schema: &SchemaRef) -> Vec<&str> {
    schema.fields().iter().map(|field| field.name().as_str()).collect()
}

/// Lists the files that bring the table more columns than one may have: each alone may be narrow.
fn in_few_columns(good: Vec<Good>, broken: &mut Vec<Broken>) -> Vec<Good> {
    let mut columns: BTreeSet<String> = BTreeSet::new();
    sorted_out(good, broken, |file| {
        let fresh: Vec<&str> = names(&file.schema).into_iter().filter(|name| !columns.contains(*name)).collect();
        let all = columns.len() + fresh.len();
        if all > MOST_COLUMNS {
            return Some(format!(
                "with its columns the table has {all}, more than {MOST_COLUMNS}: files of other columns belong in a table of their own"
            ));
        }
        columns.extend(fresh.into_iter().map(str::to_owned));
        None
    })
}

/// Lists the CSV files beyond the orders of columns that a table may have: each is read by a plan of its own.
fn in_few_orders(good: Vec<Good>, broken: &mut Vec<Broken>) -> Vec<Good> {
    let mut orders: Vec<Vec<String>> = Vec::new();
    let mut kept = Vec::new();
    for file in good {
        let order: Vec<String> = names(&file.schema).into_iter().map(str::to_owned).collect();
        if file.known.delimiter.is_none() || orders.contains(&order) {
            kept.push(file);
        } else if orders.len() < MOST_ORDERS {
            orders.push(order);
            kept.push(file);
        } else {
            let reason =
                format!("its columns stand in yet another order: the files of a table have at most {MOST_ORDERS}");
            broken.push(Broken::of(&file.path, reason));
        }
    }
    kept
}

/// Returns profile and proposal of a partition column: what its name and its values' count say.
fn partition(place: usize, key: &datasets::Partition, files: &[TableFile]) -> (ColumnProfile, Sensitivity) {
    let of = |file: &TableFile| file.values.get(place).cloned().flatten();
    let rows = |file: &TableFile| u64::try_from(file.rows).unwrap_or(0);
    let nulls = files.iter().filter(|file| of(file).is_none()).map(rows).sum();
    let distinct: BTreeSet<String> = files.iter().filter_map(of).collect();
    let all: u64 = files.iter().map(rows).sum();
    let profile = ColumnProfile {
        shown: true,
        completeness: (all > 0).then(|| (all - nulls) as f64 / all as f64),
        distinct: Some(distinct.len() as u64),
        distinct_exact: Some(true),
        ..ColumnProfile::counts(&key.name, &key.data_type().to_string(), all, nulls)
    };
    let sensitivity = propose(&key.name, &ColumnSketch::default());
    (profile, sensitivity)
}
