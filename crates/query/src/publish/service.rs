use access::Once;
use access::http::{Permit, Who};
use axum::body::Body;
use base::{DatasetId, Digest, Principal, PurposeId};
use catalog::datasets::{self, Origin};
use catalog::grants::{self, Allowed, NotAllowed, Reading, Use};
use catalog::lakes::{self, LakeRef};
use catalog::requests::RequestKind;
use db::Tx;
use futures::StreamExt;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::error::{Error, Result};
use super::files::{Upload, Written};
use super::model::Publishing;
use super::{Publication, PublishDataset, Published};
use crate::Context;

/// The largest file that is published in one piece.
pub const LARGEST_BYTES: u64 = 1 << 30;

/// Publishes `body` as a new version of its dataset. The commit of the transaction at the end is the moment at which it
/// is there; whatever goes wrong before leaves nothing that anybody sees. A caller who goes away does not stop it between
/// the commit and what follows.
pub async fn publish(
    cx: &Context,
    permit: Permit<PublishDataset>,
    once: Once,
    what: Publication,
    body: Body,
) -> Result<Published> {
    let own = cx.clone();
    let publishing = cx.tasks.spawn(async move { publish_all(&own, &permit, &once, &what, body).await });
    publishing.await.unwrap_or(Err(Error::Broken))
}

async fn publish_all(
    cx: &Context,
    permit: &Permit<PublishDataset>,
    once: &Once,
    what: &Publication,
    body: Body,
) -> Result<Published> {
    let by = &permit.caller().principal().ok_or(access::Refused::PersonsOnly)?;
    if crate::is_skewed(cx).await? {
        return Err(Error::Skew);
    }
    let answered = cx.db.read(|tx| async move { Ok::<_, Error>(once.kept(&tx, permit.caller()).await?) }).await?;
    if let Some(published) = answered {
        return same_file(published, body).await; // the same call again
    }
    let lake = cx
        .db
        .read(|tx| async move {
            permit.check(&tx, &Publishing { target: &what.target, by: by.clone() }).await?;
            let (_, lake) = allowed(cx, &tx, permit, what).await?;
            // Asked again at the commit; here, so that nothing is received for what a crawl found.
            let known = datasets::find(&tx, &what.target.dataset()).await?;
            if let Some(crawled) = known.filter(|known| known.origin == Origin::Crawled) {
                return Err(datasets::Error::Crawled(crawled.id).into());
            }
            Ok::<_, Error>(lake)
        })
        .await?;
    let written = receive(cx, &lake, what, body).await?;
    let written_digest = written.digest.to_string();
    let committed = commit(cx, permit, once, what, by, &written).await;
    // A store that fails may have committed all the same; a file that no row names is in nobody's way.
    if matches!(committed, Ok(Committed::Now(_)) | Err(Error::Store(_))) {
        written.keep();
    }
    match committed? {
        Committed::Now(published) => Ok(published),
        Committed::Before(published) if published.digest == written_digest => Ok(published),
        Committed::Before(_) => Err(Error::OtherFile),
    }
}

/// What a commit found.
enum Committed {
    Now(Published),
    /// The same call was answered while this one's body came.
    Before(Published),
}

/// Returns what a key was answered before, if it comes with the same file again.
async fn same_file(published: Published, body: Body) -> Result<Published> {
    let mut hash = Sha256::new();
    let mut body = body.into_data_stream();
    while let Some(piece) = body.next().await {
        hash.update(piece.map_err(|_| Error::Broken)?);
    }
    if Digest::from_hasher(hash).to_string() == published.digest { Ok(published) } else { Err(Error::OtherFile) }
}

/// Finds the grant and the lake, or says what stands in the way; a lake that does not exist gets the words of one without
/// a grant.
async fn allowed(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<PublishDataset>,
    what: &Publication,
) -> Result<(Allowed, LakeRef)> {
    let principals = permit.caller().principals(tx).await?;
    let object = what.target.object();
    let lake = lakes::place_of(tx, &what.target.lake).await?;
    // What is not said is asked for under a name that nothing has: then the answer names what there is.
    let nameless = PurposeId(String::new());
    let reading = Reading {
        principals: &principals,
        kind: RequestKind::Write,
        object: &object,
        stated_use: what.stated_use.unwrap_or(Use::Score),
        purpose: what.purpose.as_ref().unwrap_or(&nameless),
        grant: what.grant.as_ref(),
        now: cx.clock.now(),
    };
    let mut answer = grants::grant_for(tx, &reading).await?;
    let only = match &answer {
        Err(NotAllowed::Purpose { held, .. }) if what.purpose.is_none() && held.len() == 1 => held.first().cloned(),
        _ => None,
    };
    let reading = Reading { purpose: only.as_ref().unwrap_or(reading.purpose), ..reading };
    if only.is_some() {
        answer = grants::grant_for(tx, &reading).await?;
    }
    if let (Err(NotAllowed::Use { held, .. }), None) = (&answer, what.stated_use)
        && let [stated_use] = held.as_slice()
    {
        answer = grants::grant_for(tx, &Reading { stated_use: *stated_use, ..reading }).await?;
    }
    match (lake, answer) {
        (Some(lake), Ok(allowed)) => Ok((allowed, lake)),
        (None, _) | (_, Err(NotAllowed::None(_))) => Err(Error::NoGrant(object)),
        (Some(_), Err(why)) => Err(why.into()),
    }
}

/// Writes the body into the lake, piece by piece as it comes, on a thread that may wait for the disk.
async fn receive(cx: &Context, lake: &LakeRef, what: &Publication, body: Body) -> Result<Written> {
    let (pieces, mut received) = mpsc::channel::<axum::body::Bytes>(4);
    let (roots, lake, target) = (cx.catalog.roots.clone(), lake.clone(), what.target.clone());
    let version = cx.ids.next("v");
    let writing = tokio::task::spawn_blocking(move || {
        let unwritable = || Error::Unwritable(target.lake.clone());
        let folder = roots.open(&lake).map_err(|_| unwritable())?;
        let folder = folder.dir().try_clone().map_err(|_| unwritable())?;
        let mut upload = Upload::begin(folder, &target, &version, LARGEST_BYTES)?;
        let mut whole = false;
        while let Some(piece) = received.blocking_recv() {
            whole = piece.is_empty(); // the end, said by an empty piece
            upload.write(&piece)?;
        }
        if whole { upload.finish() } else { Err(Error::Broken) }
    });
    let mut body = body.into_data_stream();
    let mut broken = false;
    while let Some(piece) = body.next().await {
        let Ok(piece) = piece else {
            broken = true;
            break;
        };
        // A writer that gave up says why.
        if !piece.is_empty() && pieces.send(piece).await.is_err() {
            break;
        }
    }
    if !broken {
        let _ = pieces.send(axum::body::Bytes::new()).await; // as above
    }
    drop(pieces);
    writing.await.map_err(|_| Error::Broken)?
}

async fn commit(
    cx: &Context,
    permit: &Permit<PublishDataset>,
    once: &Once,
    what: &Publication,
    by: &Principal,
    written: &Written,
) -> Result<Committed> {
    cx.db
        .write(|tx| async move {
            // A body may take half an hour to come, and whoever sent it may have had to leave meanwhile.
            if !access::still_in(&tx, permit.caller(), cx.clock.now()).await? {
                return Err(access::Refused::Ended.into());
            }
            if let Some(published) = once.kept(&tx, permit.caller()).await? {
                return Ok(Committed::Before(published));
            }
            // Asked again: the grant may have ended while the body came.
            let (allowed, _) = allowed(cx, &tx, permit, what).await?;
            let now = cx.clock.now();
            let inputs = inputs_of(&tx, permit, what, &allowed.purpose, now).await?;
            let new = datasets::Published {
                dataset: what.target.dataset(),
                schema: written.schema.clone(),
                files: vec![written.file.clone()],
                rows: written.file.rows,
                inputs: inputs.clone(),
                by: by.clone(),
                made_by: match &permit.caller().who {
                    Who::Attempt { attempt, .. } => Some(format!("attempt/{attempt}")),
                    _ => None,
                },
            };
            let version = datasets::publish(&cx.catalog, &tx, &new).await?;
            let published = Published {
                dataset: what.target.dataset(),
                version,
                rows: written.file.rows.unsigned_abs(),
                bytes: written.file.size_bytes.unsigned_abs(),
                digest: written.digest.to_string(),
                grant: allowed.grant.clone(),
                inputs: inputs.into_iter().map(|(input, _)| input).collect(),
                published_at: now,
            };
            let thing = Publishing { target: &what.target, by: by.clone() };
            permit.check(&tx, &thing).await?;
            let entry = permit.entry(&thing, now).grant(&allowed.grant).purpose(&allowed.purpose).after(&published);
            entry.insert(&tx).await?;
            once.keep(&tx, permit.caller(), &published).await?;
            Ok(Committed::Now(published))
        })
        .await
}

/// Returns what a publication rests on: what a person says that they read; of an attempt everything that is behind it, whatever
/// it says. All of it must be readable for the purpose that it is published under.
async fn inputs_of(
    tx: &Tx,
    permit: &Permit<PublishDataset>,
    what: &Publication,
    purpose: &PurposeId,
    now: base::Timestamp,
) -> Result<Vec<(DatasetId, i64)>> {
    let mut inputs = Vec::new();
    if matches!(permit.caller().who, Who::Attempt { .. }) {
        let behind = &permit.caller().reads;
        if let Some(other) = what.inputs.iter().find(|input| !behind.iter().any(|read| read.dataset == **input)) {
            return Err(Error::Input(other.clone(), purpose.clone()));
        }
        for read in behind {
            version_of(tx, permit, &read.dataset, purpose, now).await?;
            inputs.push((read.dataset.clone(), read.version));
        }
        return Ok(inputs);
    }
    for input in &what.inputs {
        inputs.push((input.clone(), version_of(tx, permit, input, purpose, now).await?));
    }
    Ok(inputs)
}

/// Returns the version of an input: only what the publisher can read now, for the purpose that they publish under, can be
/// named; and one that cannot be read is like one that is not there.
async fn version_of(
    tx: &Tx,
    permit: &Permit<PublishDataset>,
    input: &DatasetId,
    purpose: &PurposeId,
    now: base::Timestamp,
) -> Result<i64> {
    let principals = permit.caller().principals(tx).await?;
    let table = datasets::table_of(tx, input, None).await?;
    let readable = grants::readable_for(tx, &principals, purpose, now).await?;
    match table {
        Some(table) if readable.contains(input.as_str()) => Ok(table.version),
        _ => Err(Error::Input(input.clone(), purpose.clone())),
    }
}
