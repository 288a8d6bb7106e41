use super::service;
use crate::Context;
use events::{BreachRaised, PromotionLive};
use jobs::{Registry, Work};

/// Handles these jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe("delivery.monitor_watch", cx.clone(), |cx: Context, _: Work, event: PromotionLive| async move {
        service::watch(&cx, &event).await
    });
    registry.subscribe("delivery.breach_holds", cx.clone(), |cx: Context, _: Work, event: BreachRaised| async move {
        service::hold(&cx, &event).await
    });
}
