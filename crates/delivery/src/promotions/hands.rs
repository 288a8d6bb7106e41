//! Who had a hand in what is promoted, counted from what is live and in force now.
use super::error::{Error, Result};
use super::facts::live_commit;
use super::model::{Promotion, PromotionKind};
use super::service::candidate_of;
use super::store::PromotionStore;
use super::{PREPROD, PROD};
use crate::authors::{self, Authors};
use crate::candidates::Candidate;
use crate::{Context, gates as policies};
use base::{Fault, Kind};
use db::Tx;
use projects::Project;

/// Who had a hand in a candidate, as it is to be decided now; [`Error::AuthorsUnreadable`] where its repository does not say.
pub(super) async fn authors_now(cx: &Context, id: &str) -> Result<Option<Authors>> {
    let read = cx.db.read(|tx| async move {
        let Some(promotion) = tx.find_promotion(id).await? else { return Ok(None) };
        let Some(project) = projects::find(&tx, &promotion.project).await? else { return Ok(None) };
        let candidate = candidate_of(&tx, &project.id, promotion.candidate).await?;
        let live = live_commit(&tx, &project, &promotion.environment).await?;
        Ok::<_, Error>(Some((promotion, project, candidate, live)))
    });
    let Some((promotion, project, candidate, live)) = read.await? else { return Ok(None) };
    let judged_in = judged_in(&promotion);
    // What comes again after it was suspended is decided as a whole.
    let live = live.filter(|(commit, _)| is_news(&promotion, &candidate, commit));
    let asked = authors::Asked {
        project: &project,
        commit: &candidate.content.commit,
        live,
        trained_by: &candidate.made_by,
        judged_in,
    };
    match authors::find(cx, &asked).await {
        Err(Error::Git(why)) if !matches!(why.fault().0, Kind::Unavailable | Kind::Stale) => {
            let cause = std::error::Error::source(&why).map(ToString::to_string);
            tracing::error!(promotion = id, %why, cause, "who made a candidate cannot be read");
            Err(Error::AuthorsUnreadable)
        }
        found => found.map(Some),
    }
}

/// The environments whose gate policies judge what is promoted.
fn judged_in(promotion: &Promotion) -> &'static [&'static str] {
    if promotion.environment == PROD { &[PREPROD, PROD] } else { &[PREPROD] }
}

/// Returns whether a candidate is decided by what is new in it since `live`; else it is as a whole.
fn is_news(promotion: &Promotion, candidate: &Candidate, live: &str) -> bool {
    promotion.kind != PromotionKind::Resume && candidate.content.commit != live
}

/// Returns whether `authors` were counted from what is live now, and under the policies that are in force now: whoever changed one of
/// them since is an author, too.
pub(super) async fn is_counted_from_live(
    tx: &Tx,
    project: &Project,
    promotion: &Promotion,
    candidate: &Candidate,
    authors: &Authors,
) -> Result<bool> {
    let live = live_commit(tx, project, &promotion.environment).await?.map(|(commit, _)| commit);
    let live = live.filter(|commit| is_news(promotion, candidate, commit));
    let policies = policies::versions_in_force(tx, project, judged_in(promotion)).await?;
    Ok(authors.are_counted(live.as_deref(), &policies))
}
