use crate::Context;
use base::CrawlId;
use events::DatasetChanged;
use jobs::{Failure, Registry, Work};
use serde::{Deserialize, Serialize};

/// The input of the job `catalog.crawl`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CrawlJob {
    pub crawl: CrawlId,
}

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.handle("catalog.crawl", cx.clone(), |cx: Context, work: Work, input: CrawlJob| async move {
        super::service::run(&cx, Some(&work), &input.crawl).await
    });
    registry.subscribe("catalog.profile", cx.clone(), |cx: Context, _work: Work, changed: DatasetChanged| async move {
        super::published::profile(&cx, &changed.dataset).await.map_err(Failure::from)
    });
}
