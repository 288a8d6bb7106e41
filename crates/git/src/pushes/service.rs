use super::model::{Line, Push, Settlement, Tip, compare};
use super::store::{After, PushStore};
use crate::live::Held;
use crate::names::HEADS;
use crate::repositories::{ReadRepository, Repository};
use crate::{Context, Error, Result};
use access::Permit;
use base::{PersonId, ProjectId, Timestamp};
use db::Tx;
use events::BranchUpdated;
use std::collections::{BTreeMap, BTreeSet};

/// How far back a dropped record is looked at: a little longer than it may explain anything.
const LOOK_BACK: i64 = 2 * 3_600;

/// Returns every ref of a repository with what it names.
async fn refs_on_disk(cx: &Context, project: &ProjectId) -> Result<BTreeMap<String, String>> {
    let format = "--format=%(objectname) %(refname)";
    let output = cx.run_git(&cx.repository(project)?, &["for-each-ref", format], None).await?;
    let text = String::from_utf8_lossy(&output);
    let refs = text.lines().filter_map(|line| line.split_once(' '));
    Ok(refs.map(|(id, name)| (name.to_owned(), id.to_owned())).collect())
}

/// Records that `lines` are about to happen, in the caller's transaction.
pub(crate) async fn record(
    cx: &Context,
    tx: &Tx,
    project: &ProjectId,
    lines: &[Line],
    pusher: &PersonId,
) -> db::Result<Vec<Push>> {
    let now = cx.clock.now();
    let mut recorded = Vec::new();
    for line in lines {
        let push = Push::record(cx.ids.next("push"), project, line, pusher, now);
        tx.insert_push(&push).await?;
        recorded.push(push);
    }
    Ok(recorded)
}

/// Compares the disk with the records and writes down what happened: each move that a push explains is published once,
/// each that nothing explains is an incident. Returns how many refs there are.
///
/// # Errors
/// A repository that cannot be read; the store's.
pub(crate) async fn settle(cx: &Context, held: &Held) -> Result<usize> {
    let project = held.project();
    let disk = &refs_on_disk(cx, project).await?;
    let now = cx.clock.now();
    let (known, found) = cx.db.read(|tx| async move { look(&tx, project, disk, now).await }).await?;
    if found == Settlement::default() {
        return Ok(disk.len());
    }
    let rewritten = &rewritten(cx, project, &found.applied).await?;
    cx.db
        .write(|tx| async move {
            if !tx.lock_repository(project).await? {
                return Err(Error::NotFound(project.clone()));
            }
            // Looked at again: what was read before is not held. With the same outcome, what was found out holds too.
            let (tips, found) = look(&tx, project, disk, now).await?;
            write_down(cx, &tx, project, &found, rewritten, now).await?;
            Ok(tips)
        })
        .await?;
    tracing::debug!(%project, known, applied = found.applied.len(), "pushes settled");
    Ok(disk.len())
}

async fn look(
    tx: &Tx,
    project: &ProjectId,
    disk: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<(usize, Settlement)> {
    let tips: BTreeMap<_, _> =
        tx.list_tips(project).await?.into_iter().map(|tip| (tip.reference, tip.commit)).collect();
    let records = tx.list_open_pushes(project, now.plus_seconds(-LOOK_BACK)).await?;
    Ok((tips.len(), compare(disk, &tips, &records, now)))
}

/// Returns the ids of pushes that took commits away from their branch.
async fn rewritten(cx: &Context, project: &ProjectId, pushes: &[Push]) -> Result<BTreeSet<String>> {
    let repository = cx.repository(project)?;
    let mut found = BTreeSet::new();
    for push in pushes.iter().filter(|push| push.branch().is_some()) {
        if let (Some(old), Some(new)) = (&push.old, &push.new)
            && !cx.builds_on(&repository, new, old).await?
        {
            found.insert(push.id.clone());
        }
    }
    Ok(found)
}

async fn write_down(
    cx: &Context,
    tx: &Tx,
    project: &ProjectId,
    found: &Settlement,
    rewritten: &BTreeSet<String>,
    now: Timestamp,
) -> Result<()> {
    for push in found.applied.iter().filter_map(|push| push.apply(rewritten.contains(&push.id), now)) {
        tx.save_push(&push).await?;
        move_tip(tx, &push, now).await?;
        publish(tx, &push, now).await?;
    }
    for push in found.dropped.iter().filter_map(|push| push.drop(now)) {
        tx.save_push(&push).await?;
    }
    for line in &found.unexplained {
        let push = Push::unexplained(cx.ids.next("push"), project, line, now);
        tracing::error!(%project, reference = line.reference, "a ref moved without a push: look at who can write to the repository's folder");
        tx.insert_push(&push).await?;
        move_tip(tx, &push, now).await?;
    }
    Ok(())
}

/// Notes where the ref stands after `push`.
pub(crate) async fn move_tip(tx: &Tx, push: &Push, now: Timestamp) -> db::Result<()> {
    let Some(new) = &push.new else { return tx.delete_tip(&push.project, &push.reference).await };
    let tip = Tip {
        reference: push.reference.clone(),
        commit: new.clone(),
        push: push.id.clone(),
        pusher: push.pusher.clone(),
        moved_at: now,
    };
    tx.save_tip(&push.project, &tip).await
}

/// Tells of a branch that moved, in the transaction that marks its record as applied: so just once.
pub(crate) async fn publish(tx: &Tx, push: &Push, now: Timestamp) -> db::Result<()> {
    let (Some(branch), Some(pusher)) = (push.reference.strip_prefix(HEADS), &push.pusher) else { return Ok(()) };
    let event = BranchUpdated {
        project: push.project.clone(),
        branch: branch.to_owned(),
        old: push.old.clone(),
        new: push.new.clone(),
        pusher: pusher.clone(),
        at: now,
    };
    tx.publish(event).await
}

/// Settles every repository, for what a killed server left behind. One that fails does not keep the others from it.
///
/// # Errors
/// The store's.
pub(crate) async fn settle_all(cx: &Context) -> Result<()> {
    let projects = cx.db.read(|tx| async move { Ok::<_, Error>(tx.list_repositories().await?) }).await?;
    for project in projects {
        let settled = async {
            let held = cx.live.hold(&project).await?;
            settle(cx, &held).await
        };
        if let Err(error) = settled.await {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%project, %error, cause, "the records of a repository could not be settled");
        }
    }
    Ok(())
}

/// Returns every push of a project that was made or may have been, the oldest first, whoever asks. Joins the transaction.
///
/// # Errors
/// The store's.
pub async fn all(tx: &Tx, project: &ProjectId) -> db::Result<Vec<Push>> {
    tx.list_all_pushes(project).await
}

/// Returns a page of a project's pushes, the newest first, and how many there are.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn list(
    cx: &Context,
    permit: &Permit<ReadRepository>,
    project: &ProjectId,
    after: Option<&After>,
    limit: u32,
) -> Result<(Vec<Push>, u64)> {
    cx.db
        .read(|tx| async move {
            Repository::seen(&tx, permit, project).await?;
            Ok((tx.list_pushes(project, after, limit).await?, tx.count_pushes(project).await?))
        })
        .await
}
