use super::error::{Error, Result};
use super::model::Facts;
use super::store::{After, MergeStore};
use super::{Merge, MergeBranch, MergeState, NewMerge, ReadMerge};
use crate::Context;
use crate::checks::{self, seen, standing};
use access::{Once, Permit};
use base::{PersonId, ProjectId};
use db::Tx;

/// Returns whether a commit was merged.
pub(crate) async fn is_merged(tx: &Tx, project: &ProjectId, commit: &str) -> db::Result<bool> {
    let found = tx.find_merge_of(project, commit).await?;
    Ok(found.is_some_and(|merge| merge.state == MergeState::Merged))
}

/// Brings `main` forward to what a branch is at. The same merge again gets the same answer; one that was cut off goes on.
///
/// # Errors
/// What stands in the way.
pub(super) async fn merge(
    cx: &Context,
    permit: &Permit<MergeBranch>,
    once: &Once,
    project: &ProjectId,
    new: &NewMerge,
) -> Result<Merge> {
    let by = permit.caller().person().map_err(Error::Refused)?;
    let kept = cx.db.read(|tx| async move {
        seen(&tx, permit, project).await?;
        let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? else { return Ok(None) };
        Ok::<_, Error>(tx.find_merge(&kept).await?)
    });
    let merge = match kept.await? {
        Some(merge) => merge,
        None => ask(cx, permit, once, project, new, by).await?,
    };
    carry_out(cx, merge).await
}

/// Puts the merge on record, or finds it there.
async fn ask(
    cx: &Context,
    permit: &Permit<MergeBranch>,
    once: &Once,
    project: &ProjectId,
    new: &NewMerge,
    by: &PersonId,
) -> Result<Merge> {
    let head = git::resolve(&cx.git, project, &new.branch).await?.id;
    let main = git::resolve(&cx.git, project, git::MAIN).await?.id;
    let (head, main, now) = (&head, &main, cx.clock.now());
    cx.db
        .write(|tx| async move {
            seen(&tx, permit, project).await?;
            if let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? {
                return tx.find_merge(&kept).await?.ok_or(Error::Store(db::Error::Stale));
            }
            // A merge that a kill cut off behind git: `main` says that it was carried out.
            if let Some(done) = tx.find_merge_of(project, main).await?.and_then(|merge| merge.finish(now)) {
                tx.save_merge(done).await?;
            }
            let asked_for = new.commit.as_deref().is_none_or(|commit| commit == head);
            if let Some(known) = tx.find_merge_of(project, head).await?.filter(|_| asked_for) {
                if known.merged_by == *by && known.branch == new.branch {
                    once.keep(&tx, permit.caller(), &known.id).await?;
                    return Ok(known);
                }
                // Who moves `main` counts as pusher: nobody carries out what another asked for.
                match known.refuse(format!("`{by}` merged the commit"), now) {
                    Some(refused) => drop(tx.save_merge(refused).await?),
                    None => return Err(Error::Nothing(new.branch.clone())),
                }
            }
            let standing = standing(&checks::of(&tx, project, head).await?);
            let facts = Facts { head: head.clone(), main: main.clone(), standing };
            let what = (project, new.branch.as_str(), new.commit.as_deref());
            let merge = Merge::ask(cx.ids.next("m"), what, &facts, by, now)?;
            tx.insert_merge(&merge).await.map_err(|error| match error {
                db::Error::Taken => db::Error::Stale, // by a call at the same time: the next try finds it
                other => other,
            })?;
            permit.record(&tx, None, &merge, now).await?;
            once.keep(&tx, permit.caller(), &merge.id).await?;
            Ok(merge)
        })
        .await
}

/// Lets git move `main`, and writes down what came of it.
async fn carry_out(cx: &Context, merge: Merge) -> Result<Merge> {
    if merge.state == MergeState::Merged {
        return Ok(merge);
    }
    let Merge { project, from, commit, merged_by, .. } = &merge;
    let moved = git::fast_forward(&cx.git, project, git::MAIN, from, commit, merged_by).await;
    let refused = match &moved {
        Ok(()) => None,
        Err(git::Error::Moved { .. } | git::Error::NotForward { .. }) => Some(Error::MainMoved(merge.branch.clone())),
        Err(_) => None,
    };
    if refused.is_none() {
        moved?; // it may pass: the merge stays asked for
    }
    let (id, why, now) = (&merge.id, &refused.as_ref().map(ToString::to_string), cx.clock.now());
    let ended = cx
        .db
        .write(|tx| async move {
            let found = tx.find_merge(id).await?.ok_or(db::Error::Stale)?;
            let ended = match why {
                None => found.finish(now),
                Some(why) => found.refuse(why.clone(), now),
            };
            match ended {
                Some(ended) => tx.save_merge(ended).await,
                None => Ok(found),
            }
        })
        .await?;
    match refused {
        Some(error) => Err(error),
        None => Ok(ended),
    }
}

/// Returns a page of a project's merges, the newest first, and how many there are.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadMerge>,
    project: &ProjectId,
    after: Option<&After>,
    limit: u32,
) -> Result<(Vec<Merge>, u64)> {
    cx.db
        .read(|tx| async move {
            seen(&tx, permit, project).await?;
            Ok((tx.list_merges(project, after, limit).await?, tx.count_merges(project).await?))
        })
        .await
}

/// Returns the merge that brought a commit to `main`, whoever asks.
///
/// # Errors
/// The store's.
pub async fn of_commit(tx: &Tx, project: &ProjectId, commit: &str) -> db::Result<Option<Merge>> {
    tx.find_merge_of(project, commit).await
}
