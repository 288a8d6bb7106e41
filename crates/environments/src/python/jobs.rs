use super::{build, service};
use crate::Context;
use jobs::{Failure, Registry, Work};
use serde::{Deserialize, Serialize};

/// The kind of the job that builds one.
pub(super) const JOB: &str = "environments.python";

/// Its input.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct BuildJob {
    pub key: String,
}

/// How many builds run at once: who pushes a lock decides how long one takes.
const AT_ONCE: usize = 2;
/// How often a build is tried whose failure may pass, such as an index that does not answer.
const TRIES: i64 = 3;

/// Handles this resource's jobs.
pub fn register(registry: &mut Registry, cx: &Context) {
    registry.at_most(JOB, AT_ONCE);
    registry.handle(JOB, cx.clone(), |cx: Context, work: Work, input: BuildJob| async move {
        build(&cx, &work, &input.key).await
    });
}

async fn build(cx: &Context, work: &Work, key: &str) -> Result<(), Failure> {
    let Some(built) = service::find(cx, key).await? else {
        return Err(Failure::Dead("the environment is not known".into()));
    };
    let what = format!("{} packages", built.lock.lines().count());
    work.progress(0, 1, what).await?;
    let outcome = match build::build(cx, &built, work.job().fence).await {
        Err(build::Failed { passes: true, reason, .. }) if work.job().attempts < TRIES => {
            return Err(Failure::Retry(reason));
        }
        Err(build::Failed { reason, log, .. }) => Err((reason, log)),
        Ok(made) => Ok(made),
    };
    Ok(service::end(cx, key, &outcome).await?)
}
