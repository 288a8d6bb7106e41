use super::store::HoldStore;
use super::{Hold, LiftHold, PlaceHold, ReadHold};
use crate::Context;
use crate::promotions::{self, Error, Result, project_of, site_of};
use access::{Once, Permit};
use base::{ProjectId, Securable};

/// How many holds are shown.
const MOST: u32 = 200;

/// Holds an environment.
pub(super) async fn place(
    cx: &Context,
    permit: &Permit<PlaceHold>,
    once: &Once,
    project: &ProjectId,
    (environment, reason): (&'static str, &str),
) -> Result<Hold> {
    let id = &cx.ids.next("h");
    cx.db
        .write(|tx| async move {
            let by = permit.caller().person()?;
            let project = site_of(&tx, permit, project, environment).await?;
            if let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? {
                return tx.find_hold(&kept).await?.ok_or(Error::HoldNotFound(kept));
            }
            let hold = Hold::place(id.clone(), (&project, environment), reason, by, cx.clock.now())?;
            tx.insert_hold(&hold).await?;
            permit.record(&tx, None, &hold, hold.at).await?;
            once.keep(&tx, permit.caller(), &hold.id).await?;
            Ok(hold)
        })
        .await
}

/// Lifts a hold; what waited for that goes on.
pub(super) async fn lift(cx: &Context, permit: &Permit<LiftHold>, id: &str, reason: &str) -> Result<Hold> {
    cx.db
        .write(|tx| async move {
            let by = permit.caller().person()?;
            let absent = || Error::HoldNotFound(crate::shown(id, 60));
            let (hold, _) = permit.on(&tx, tx.lock_hold(id).await?).await?.ok_or_else(absent)?;
            if hold.was_lifted(reason, by) {
                return Ok(hold);
            }
            let now = cx.clock.now();
            let lifted = tx.save_hold(hold.lift(reason, by, now)?).await?;
            permit.entry(&lifted, now).before(&hold).after(&lifted).reason(reason).insert(&tx).await?;
            promotions::go_on(cx, &tx, &lifted.project, &lifted.environment).await?;
            Ok(lifted)
        })
        .await
}

/// Returns the holds of a project, the newest first, with whether the caller may lift each.
pub(super) async fn list(cx: &Context, permit: &Permit<ReadHold>, project: &ProjectId) -> Result<Vec<(Hold, bool)>> {
    cx.db
        .read(|tx| async move {
            project_of(&tx, permit, project).await?;
            let held = permit.held(&tx).await?;
            let holds = tx.list_holds(project, MOST).await?;
            let seen = holds.into_iter().filter(|hold| held.can::<ReadHold>(&hold.resource()).is_some());
            Ok(seen.map(|hold| (hold.clone(), held.can::<LiftHold>(&hold.resource()).is_some())).collect())
        })
        .await
}

/// Returns up to `most` holds of a project, the newest first, whoever asks.
///
/// # Errors
/// The store's.
pub async fn of_project(tx: &db::Tx, project: &ProjectId, most: u32) -> db::Result<Vec<Hold>> {
    tx.list_holds(project, most).await
}
