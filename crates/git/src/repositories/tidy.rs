//! Keeps repositories small and quick. Nothing is ever thrown away: a commit that no branch reaches any more may be what
//! a run was made from.
use super::leftovers;
use super::service::folder_of;
use crate::pushes::store::PushStore;
use crate::{Context, Error, Result};
use base::ProjectId;

/// How many loose objects or packs make it worth the work.
const LOOSE: u64 = 1_000;
const PACKS: u64 = 20;

/// Packs what lies loose, in every repository where there is much of it.
///
/// # Errors
/// The store's; a repository that fails is logged and does not keep the others from it.
pub(crate) async fn tidy_all(cx: &Context) -> Result<()> {
    let projects = cx.db.read(|tx| async move { Ok::<_, Error>(tx.list_repositories().await?) }).await?;
    for project in projects {
        if let Err(error) = tidy(cx, &project).await {
            tracing::error!(%project, %error, "a repository could not be tidied");
        }
    }
    Ok(())
}

async fn tidy(cx: &Context, project: &ProjectId) -> Result<bool> {
    let folder = folder_of(cx, project).await?;
    leftovers::sweep(folder.clone()).await?;
    let counted = cx.run_git(&folder, &["count-objects", "-v"], None).await?;
    let counted = String::from_utf8_lossy(&counted).into_owned();
    let number = |name: &str| {
        let line = counted.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    if number("count:") < LOOSE && number("packs:") < PACKS {
        return Ok(false);
    }
    // `-k` keeps what nothing reaches. Reading and pushing may go on meanwhile.
    cx.run_slow_git(&folder, &["repack", "-a", "-d", "-k", "--quiet"]).await?;
    let held = cx.live.hold(project).await?;
    leftovers::clear_locks(cx, &held).await?;
    cx.run_git(&folder, &["pack-refs", "--all"], None).await?;
    Ok(true)
}
