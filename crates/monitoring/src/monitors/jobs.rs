use super::service;
use crate::Context;
use events::PredictionsWritten;
use jobs::{Registry, Work};

/// What the dataset of captured calls is said to be.
const CAPTURE: &str = "capture";

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.subscribe(
        "monitoring.capture_written",
        cx.clone(),
        |cx: Context, _: Work, event: PredictionsWritten| async move {
            if event.kind != CAPTURE {
                return Ok(());
            }
            service::captured(&cx, &event.endpoint, &event.dataset).await
        },
    );
}
