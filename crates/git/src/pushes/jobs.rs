//! Background work on records of pushes.
use super::settle_all;
use crate::{Context, Error};

/// How often records are compared with the repositories, in seconds.
const EVERY: i64 = 300;

/// Handles the jobs of this resource.
pub(crate) fn register(registry: &mut jobs::Registry, cx: &Context) {
    registry.every("git.settle", EVERY, cx.clone(), |cx: Context, _, ()| async move { settle_all(&cx).await });
    registry.every("git.tidy", 24 * 3_600, cx.clone(), |cx: Context, _, ()| async move {
        crate::repositories::tidy_all(&cx).await?;
        Ok::<_, Error>(())
    });
}
