use super::read::StopOnDrop;
use super::store::CrawlStore;
use super::table::{Tables, blocking};
use super::{Broken, Crawl, CrawlLake, CrawlState, Error, ReadCrawl, find};
use crate::Context;
use crate::datasets::store::DatasetStore;
use crate::datasets::{self, Dataset, DatasetState, Origin};
use crate::lakes::Lake;
use crate::lakes::store::LakeStore;
use access::{Once, Permit};
use base::{CrawlId, DatasetId, LakeId};
use db::Tx;
use jobs::{Failure, JobState, NewJob, Work};
use std::collections::HashSet;

/// Broken files shown with a crawl; the count says how many there are.
const SHOWN: u32 = 1_000;

/// Asks for a crawl of a lake: the one that is open already, or a new one.
///
/// # Errors
/// [`crate::lakes::Error::NotFound`], or a refusal.
pub async fn request(cx: &Context, permit: &Permit<CrawlLake>, once: &Once, id: &LakeId) -> Result<Crawl, Error> {
    cx.db
        .write(|tx| async move {
            let found = tx.lock_lake(id).await?;
            let (lake, _) = permit.on(&tx, found).await?.ok_or_else(|| crate::lakes::Error::NotFound(id.clone()))?;
            if let Some(kept) = once.kept::<CrawlId>(&tx, permit.caller()).await? {
                return tx.find_crawl(&kept).await?.ok_or(Error::NotFound(kept));
            }
            if let Some(open) = open_crawl(cx, &tx, id).await? {
                once.keep(&tx, permit.caller(), &open.id).await?;
                return Ok(open);
            }
            let now = cx.clock.now();
            let crawl_id = CrawlId(cx.ids.next("c"));
            let job = NewJob::new(&cx.ids, now, "catalog.crawl", format!("lake/{id}"))
                .key(id.0.clone())
                .payload(&super::jobs::CrawlJob { crawl: crawl_id.clone() });
            let job = match permit.caller().principal() {
                Some(asker) => job.asked_by(asker),
                None => job,
            };
            let job = jobs::enqueue(&tx, job).await?;
            let crawl = queued(crawl_id, &lake, job, permit.caller().actor(), now);
            tx.insert_crawl(&crawl).await?;
            permit.record(&tx, None, &crawl, now).await?;
            once.keep(&tx, permit.caller(), &crawl.id).await?;
            Ok(crawl)
        })
        .await
}

fn queued(id: CrawlId, lake: &Lake, job: base::JobId, asked_by: String, asked_at: base::Timestamp) -> Crawl {
    Crawl {
        id,
        lake: lake.id.clone(),
        team: lake.team.clone(),
        state: CrawlState::Queued,
        job: Some(job),
        asked_by,
        asked_at,
        started_at: None,
        ended_at: None,
        reason: None,
        tables_total: 0,
        tables_done: 0,
        tables_changed: 0,
        files_read: 0,
        files_skipped: 0,
        files_broken: 0,
    }
}

/// Returns the lake's open crawl; one whose job is dead is ended first, so that it does not stand in the way.
async fn open_crawl(cx: &Context, tx: &Tx, lake: &LakeId) -> Result<Option<Crawl>, Error> {
    let Some(open) = tx.find_open_crawl(lake).await? else { return Ok(None) };
    let job = match &open.job {
        Some(job) => jobs::find_job(tx, job).await?,
        None => None,
    };
    let reason = match job {
        Some(job) if job.state != JobState::Dead && job.state != JobState::Done => return Ok(Some(open)),
        Some(job) => job.reason.unwrap_or_else(|| "its job ended without it".into()),
        None => "its job is gone".into(),
    };
    tx.save_crawl(&open.end(Some(reason), cx.clock.now())).await?;
    Ok(None)
}

/// Returns crawl `id` with what it could not read.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(cx: &Context, permit: &Permit<ReadCrawl>, id: &CrawlId) -> Result<(Crawl, Vec<Broken>), Error> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_crawl(id).await?;
            let (crawl, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            let broken = tx.list_broken(id, SHOWN).await?;
            Ok((crawl, broken))
        })
        .await
}

/// Returns up to `limit` crawls of a lake, the newest first.
///
/// # Errors
/// [`crate::lakes::Error::NotFound`].
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadCrawl>,
    id: &LakeId,
    before: Option<&(i64, String)>,
    limit: u32,
) -> Result<Vec<Crawl>, Error> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_lake(id).await?;
            permit.on(&tx, found).await?.ok_or_else(|| crate::lakes::Error::NotFound(id.clone()))?;
            Ok(tx.list_crawls(id, before.cloned(), limit).await?)
        })
        .await
}

/// Runs a crawl to its end; `work` is the job that shows how far it is. Idempotent: run again, it goes on where it died, and a crawl that ended stays as it is.
///
/// # Errors
/// The store's; what is wrong with the lake ends the crawl with its reason.
pub async fn run(cx: &Context, work: Option<&Work>, id: &CrawlId) -> Result<(), Failure> {
    let found = cx.db.read(|tx| async move {
        let Some(crawl) = tx.find_crawl(id).await? else { return Ok::<_, db::Error>(None) };
        Ok(tx.find_lake(&crawl.lake).await?.map(|lake| (crawl, lake)))
    });
    let Some((crawl, lake)) = found.await? else { return Err(Failure::Dead(format!("crawl `{id}` does not exist"))) };
    if crawl.state != CrawlState::Queued && crawl.state != CrawlState::Running {
        return Ok(());
    }
    let mut crawl = crawl.start(cx.clock.now());
    let begun = &crawl;
    cx.db
        .write(|tx| async move {
            tx.clear_broken(id).await?;
            tx.save_crawl(begun).await
        })
        .await?;
    let reason = match walk(cx, work, &lake, &mut crawl).await {
        Ok(()) => None,
        Err(Stopped::Here(reason)) => Some(reason),
        Err(Stopped::Job(failure)) => return Err(failure),
    };
    let ended = &crawl.end(reason, cx.clock.now());
    cx.db.write(|tx| async move { tx.save_crawl(ended).await }).await?;
    Ok(())
}

/// Why a crawl did not come to its end.
enum Stopped {
    /// Something about the lake: the crawl failed.
    Here(String),
    /// Something about the server: the job is tried again, or is another worker's.
    Job(Failure),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        match error {
            Error::Lake(inner) => Self::Here(inner.to_string()),
            other => Self::Job(other.into()),
        }
    }
}

async fn walk(cx: &Context, work: Option<&Work>, lake: &Lake, crawl: &mut Crawl) -> Result<(), Stopped> {
    let stop = StopOnDrop::default();
    let (roots, place) = (cx.roots.clone(), lake.place());
    let opened = blocking("the lake", move || {
        let dir = roots.open(&place)?;
        let found = find::tables(dir.dir()).map_err(|error| crate::lakes::Error::Unreachable {
            what: "the lake's folder".into(),
            why: crate::lakes::why(&error),
        })?;
        Ok::<_, crate::lakes::Error>((dir, found))
    });
    let (dir, found) = opened.await?.map_err(Error::from)?;
    crawl.tables_total = found.places.len() as u64;
    crawl.files_broken = found.broken.len() as u64;
    let (begun, broken) = (&*crawl, &found.broken);
    let begin = |tx: Tx| async move {
        tx.put_broken(&begun.id, broken).await?;
        tx.save_crawl(begun).await
    };
    cx.db.write(begin).await.map_err(Error::from)?;
    let tables = Tables { cx, lake, dir: &dir, stop: &stop.0 };
    let mut there: HashSet<DatasetId> = HashSet::new();
    for place in &found.places {
        if let Some(work) = work {
            let name = format!("{}.{}", place.schema, place.table);
            work.progress(crawl.tables_done, crawl.tables_total, name).await.map_err(Stopped::Job)?;
        }
        if tables.crawl(crawl, place).await? {
            there.insert(DatasetId(format!("{}.{}.{}", lake.id, place.schema, place.table)));
        }
    }
    let unreadable: Vec<String> = found.unreadable.iter().map(|schema| format!("{}.{schema}.", lake.id)).collect();
    settle(cx, &tables, crawl, &there, &unreadable).await?;
    Ok(())
}

/// Says of each dataset of the lake that was not seen whether it is missing.
async fn settle(
    cx: &Context,
    tables: &Tables<'_>,
    crawl: &mut Crawl,
    there: &HashSet<DatasetId>,
    unreadable: &[String],
) -> Result<(), Error> {
    let lake = &tables.lake.id;
    let known = cx.db.read(|tx| async move { tx.list_datasets_of(lake).await }).await?;
    for dataset in known {
        let hidden_from_us = unreadable.iter().any(|prefix| dataset.id.0.starts_with(prefix.as_str()));
        let found = match dataset.origin {
            Origin::Crawled => there.contains(&dataset.id) || hidden_from_us,
            Origin::Published => is_whole(cx, tables, &dataset).await?,
        };
        let id = &dataset.id;
        let changed = match (found, dataset.state) {
            (false, DatasetState::Active) => cx.db.write(|tx| async move { datasets::lost(cx, &tx, id).await }).await?,
            (true, DatasetState::Missing) if dataset.origin == Origin::Published => {
                cx.db.write(|tx| async move { datasets::found_again(cx, &tx, id).await }).await?
            }
            _ => false,
        };
        crawl.tables_changed += u64::from(changed);
    }
    Ok(())
}

/// Returns whether every file of a published dataset's current version is as it was.
async fn is_whole(cx: &Context, tables: &Tables<'_>, dataset: &Dataset) -> Result<bool, Error> {
    let (id, version) = (&dataset.id, dataset.version);
    let content = cx.db.read(|tx| async move { tx.find_content(id, version).await }).await?;
    let Some((_, content)) = content else { return Ok(false) };
    let dir = tables.dir.clone();
    blocking(&dataset.id.0, move || content.files.iter().all(|file| file.check(&dir).is_ok())).await
}
