use super::service;
use crate::Context;
use jobs::{Registry, Work};

/// How often old looks are forgotten, in seconds.
const EVERY_SECONDS: i64 = 3_600;

/// Forgets looks that are older than they are kept.
pub fn schedule(registry: &mut Registry, cx: &Context) {
    registry.every("catalog.looks_forget", EVERY_SECONDS, cx.clone(), forget);
}

async fn forget(cx: Context, _work: Work, (): ()) -> db::Result<()> {
    service::forget(&cx).await
}
