use super::error::{Error, Result};
use super::{CreatePurpose, NewPurpose, Purpose, PurposeStore, ReadPurpose};
use crate::Context;
use access::Once;
use access::http::Permit;
use base::PurposeId;

/// Puts a purpose on record.
pub async fn create(cx: &Context, permit: &Permit<CreatePurpose>, once: &Once, new: &NewPurpose) -> Result<Purpose> {
    let id = cx.ids.next("p");
    let id = id.as_str();
    cx.db
        .write(|tx| async move {
            if let Some(id) = once.kept::<PurposeId>(&tx, permit.caller()).await? {
                let kept = tx.find_purpose(&id).await?.ok_or(Error::NotFound(id))?;
                permit.check(&tx, &kept).await?;
                return Ok(kept);
            }
            let now = cx.clock.now();
            let purpose = new.record(id, permit.caller().person()?, now)?;
            permit.check(&tx, &purpose).await?;
            match tx.insert_purpose(&purpose).await {
                Err(db::Error::Taken) => return Err(Error::Taken(purpose.id)),
                done => done?,
            }
            permit.record(&tx, None, &purpose, now).await?;
            once.keep(&tx, permit.caller(), &purpose.id).await?;
            Ok(purpose)
        })
        .await
}

/// Returns purpose `id`.
pub async fn get(cx: &Context, permit: &Permit<ReadPurpose>, id: &PurposeId) -> Result<Purpose> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_purpose(id).await?;
            let (purpose, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            Ok(purpose)
        })
        .await
}

/// Returns up to `most` purposes after `after`: all of them are for everyone who is signed in.
pub async fn list(cx: &Context, permit: &Permit<ReadPurpose>, after: Option<&str>, most: u32) -> Result<Vec<Purpose>> {
    cx.db
        .read(|tx| async move {
            let held = permit.held(&tx).await?;
            let mut purposes = tx.list_purposes(after, most).await?;
            purposes.retain(|purpose| held.can::<ReadPurpose>(&base::Securable::resource(purpose)).is_some());
            Ok(purposes)
        })
        .await
}
