//! What time does to requests and grants.
use super::{Error, service};
use crate::{Context, grants};
use jobs::{Registry, Work};

/// How often it is looked, in seconds. Nothing waits for it: a read never counts on an end being told, nor a decision
/// on a request being ended.
const EVERY_SECONDS: i64 = 60;

/// Ends requests that nobody answered, and tells the ends of grants.
pub fn schedule(registry: &mut Registry, cx: &Context) {
    registry.every("catalog.requests_expire", EVERY_SECONDS, cx.clone(), expire_requests);
    registry.every("catalog.grants_end", EVERY_SECONDS, cx.clone(), tell_ends);
}

async fn expire_requests(cx: Context, _work: Work, (): ()) -> Result<(), Error> {
    service::expire_due(&cx).await
}

async fn tell_ends(cx: Context, _work: Work, (): ()) -> db::Result<()> {
    grants::tell_ends(&cx).await
}
