use super::service;
use crate::Context;
use events::BranchUpdated;
use jobs::{Registry, Work};

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe("delivery.release_train", cx.clone(), |cx: Context, _: Work, event: BranchUpdated| async move {
        service::train(&cx, &event).await
    });
}
