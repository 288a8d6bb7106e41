use super::store::{After, BaselineStore};
use super::{Baseline, ImportBaseline, ReadBaseline, read};
use crate::{Context, Result};
use access::Permit;
use base::Resource;
use db::Tx;

/// Returns the baseline that counts: the last that was imported. Joins the transaction.
pub(crate) async fn in_force(tx: &Tx) -> db::Result<Option<Baseline>> {
    Ok(tx.list_baselines(None, 1).await?.pop())
}

/// Imports a baseline; the one that counts already is not imported again. Returns it, and whether it is new.
pub(super) async fn import(cx: &Context, permit: &Permit<ImportBaseline>, text: &str) -> Result<(Baseline, bool)> {
    let by = permit.caller().person()?;
    cx.db
        .write(|tx| async move {
            let (now, id) = (cx.clock.now(), cx.ids.next("bl"));
            let empty = base::Digest::of("");
            let new = Baseline { id, digest: empty, lines: Vec::new(), imported_by: by.clone(), imported_at: now };
            // Whether it may be done is said before what is wrong with it.
            permit.check(&tx, &new).await?;
            let lines = read(text)?;
            let new = Baseline { digest: base::digest_of(&lines)?, lines, ..new };
            if let Some(same) = in_force(&tx).await?.filter(|there| there.digest == new.digest) {
                return Ok((same, false));
            }
            tx.insert_baseline(&new).await?;
            permit.record(&tx, None, &new, now).await?;
            Ok((new, true))
        })
        .await
}

/// Returns up to `most` baselines behind `after`, the newest first.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadBaseline>,
    after: Option<&After>,
    most: u32,
) -> Result<Vec<Baseline>> {
    cx.db
        .read(|tx| async move {
            permit.check(&tx, &all()).await?;
            Ok(tx.list_baselines(after, most).await?)
        })
        .await
}

/// Returns what is decided on where no baseline in particular is meant.
fn all() -> Resource {
    let (id, scope) = ("all".to_owned(), access::DEPLOYMENT.to_owned());
    Resource { kind: "baseline", id, scope, team: None, asker: None, listed: false }
}
