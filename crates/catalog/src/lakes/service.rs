use super::error::{Error, Result};
use super::store::LakeStore;
use super::{ConnectLake, Lake, LakeDir, LakeRef, NewLake, ReadLake};
use crate::Context;
use crate::crawls::store::CrawlStore;
use crate::crawls::{Crawl, CrawlLake, ReadCrawl};
use access::{Once, Permit};
use base::{LakeId, Securable, TeamId, plain_name};
use db::Tx;
use web::Page;

/// The longest description.
const DESCRIPTION: usize = 4_000;

/// A lake with what its page shows beside it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub lake: Lake,
    /// Listed ones, so that a hidden dataset is not counted for those who may not know of it.
    pub datasets: u64,
    /// For those who may see crawls: its counts tell of hidden tables too.
    pub last_crawl: Option<Crawl>,
    pub was_crawled: bool,
    pub may_crawl: bool,
}

fn checked(cx: &Context, permit: &Permit<ConnectLake>, what: &NewLake) -> Result<Lake> {
    if what.description.chars().count() > DESCRIPTION {
        return Err(Error::TooLong(DESCRIPTION));
    }
    Ok(Lake {
        id: LakeId(plain_name(&what.name)?.to_owned()),
        root: what.root.clone(),
        folder: super::folder::checked(&what.folder)?.to_string_lossy().into_owned(),
        team: TeamId(plain_name(&what.team)?.to_owned()),
        description: what.description.trim().to_owned(),
        connected_by: permit.caller().name(),
        connected_at: cx.clock.now(),
    })
}

/// Connects a folder as a lake. Who connects it gains no right over it.
///
/// # Errors
/// A name that is taken or none; a root that is not configured; a folder that cannot be opened below it, or that another lake has in
/// whole or in part: who decides on its data is decided once.
pub async fn connect(cx: &Context, permit: &Permit<ConnectLake>, once: &Once, what: &NewLake) -> Result<Lake> {
    let lake = &checked(cx, permit, what)?;
    // Refused before the file system is asked: strangers must not find out which folders exist.
    let others = cx.db.read(|tx| async move {
        permit.check(&tx, lake).await?;
        Ok::<_, Error>(places(&tx).await?)
    });
    let (others, roots, place) = (others.await?, cx.roots.clone(), lake.place());
    let looked = tokio::task::spawn_blocking(move || {
        roots.open(&place)?;
        Ok::<_, Error>(roots.overlap(&place, &others))
    });
    let ended = |_| Err(Error::Unreachable { what: "the folder".into(), why: "the look at it ended early" });
    let overlaps = looked.await.unwrap_or_else(ended)?;
    cx.db
        .write(|tx| async move {
            permit.check(&tx, lake).await?;
            if let Some(kept) = once.kept::<LakeId>(&tx, permit.caller()).await? {
                return tx.find_lake(&kept).await?.ok_or(Error::NotFound(kept));
            }
            tx.hold_lakes().await?;
            tx.insert_lake(lake).await.map_err(|error| match error {
                db::Error::Taken => Error::Taken(lake.id.clone()),
                other => other.into(),
            })?;
            let mut others = places(&tx).await?.into_iter().filter(|other| other.id != lake.id);
            if overlaps || others.any(|other| other.overlaps(&lake.place())) {
                let folder = if lake.folder.is_empty() { ".".to_owned() } else { lake.folder.clone() };
                return Err(Error::Overlaps { root: lake.root.clone(), folder });
            }
            permit.record(&tx, None, lake, lake.connected_at).await?;
            once.keep(&tx, permit.caller(), &lake.id).await?;
            Ok(lake.clone())
        })
        .await
}

/// Returns where all lakes lie.
async fn places(tx: &Tx) -> db::Result<Vec<LakeRef>> {
    Ok(tx.list_lakes(None, u32::MAX).await?.into_iter().map(|(lake, _)| lake.place()).collect())
}

async fn shown(tx: &Tx, permit: &Permit<ReadLake>, lake: Lake, datasets: u64) -> Result<Shown> {
    let last_crawl = tx.list_crawls(&lake.id, None, 1).await?.pop();
    let resource = lake.resource();
    let held = permit.held(tx).await?;
    let (was_crawled, may_crawl) = (last_crawl.is_some(), held.can::<CrawlLake>(&resource).is_some());
    let last_crawl = last_crawl.filter(|_| held.can::<ReadCrawl>(&resource).is_some());
    Ok(Shown { lake, datasets, last_crawl, was_crawled, may_crawl })
}

/// Returns lake `id`.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn get(cx: &Context, permit: &Permit<ReadLake>, id: &LakeId) -> Result<Shown> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_lake(id).await?;
            let (lake, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            let datasets = tx.count_listed_datasets(&lake.id).await?;
            shown(&tx, permit, lake, datasets).await
        })
        .await
}

/// Returns a page of lakes by name, and how many there are.
///
/// # Errors
/// The store's.
pub async fn list(
    cx: &Context,
    permit: &Permit<ReadLake>,
    after: Option<&str>,
    limit: u32,
) -> Result<(Page<Shown>, u64)> {
    cx.db
        .read(|tx| async move {
            let rows = Page::of(tx.list_lakes(after, limit + 1).await?, limit, |(lake, _)| lake.id.clone());
            let (next_cursor, mut items) = (rows.next_cursor, Vec::new());
            let visible = permit.visible(&tx).await?;
            for (lake, datasets) in rows.items.into_iter().filter(|(lake, _)| visible.allows(&lake.resource())) {
                items.push(shown(&tx, permit, lake, datasets).await?);
            }
            Ok((Page { items, next_cursor, total: None }, tx.count_lakes().await?))
        })
        .await
}

/// Returns where a lake lies; `None` if there is no such lake.
///
/// # Errors
/// The store's.
pub async fn place_of(tx: &Tx, id: &LakeId) -> db::Result<Option<LakeRef>> {
    Ok(tx.find_lake(id).await?.map(|lake| lake.place()))
}

/// Opens a lake's folder; `None` if there is no such lake. The caller has decided what may be done in it.
///
/// # Errors
/// A folder that cannot be opened any more.
pub async fn folder_of(cx: &Context, tx: &Tx, id: &LakeId) -> Result<Option<LakeDir>> {
    let Some(lake) = tx.find_lake(id).await? else { return Ok(None) };
    let roots = cx.roots.clone();
    let opened = tokio::task::spawn_blocking(move || roots.open(&lake.place())).await;
    let early = || Err(Error::Unreachable { what: "the folder".into(), why: "the look at it ended early" });
    opened.unwrap_or_else(|_| early()).map(Some)
}
