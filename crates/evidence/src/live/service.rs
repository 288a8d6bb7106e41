use super::ReadLive;
use super::http::{Approver, LiveAsked, LiveView, StoppedThen};
use crate::dossier::ENVIRONMENTS;
use crate::{Context, Error, Result, shown};
use access::Permit;
use base::{ProjectId, Securable, Timestamp};
use db::Tx;
use delivery::promotions::{Promotion, PromotionKind, StandingAt};
use serving::RolloutId;
use web::Page;

/// Where a page goes on: the last one's endpoint and promotion.
type After = (String, String);

/// Returns the moment that a text names; of a day its end in UTC, or now where it is today.
///
/// # Errors
/// A text that is neither a date and time nor a date, or a moment that has not come.
pub(crate) fn moment(text: &str, now: Timestamp) -> Result<Timestamp> {
    let text = text.trim();
    let read = |text: String| serde_json::from_value::<Timestamp>(serde_json::Value::String(text)).ok();
    // Of a text that is no date alone, neither can be read.
    let day = read(format!("{text}T00:00:00Z")).zip(read(format!("{text}T23:59:59.999999Z")));
    let (from, until) = match day {
        Some(day) => day,
        None => read(text.to_owned()).map(|at| (at, at)).ok_or_else(|| Error::BadDate(shown(text, 60)))?,
    };
    if from > now { Err(Error::Future(from, now)) } else { Ok(until.min(now)) }
}

/// Returns what was live at a moment, as far as the caller may see it.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadLive>,
    asked: &LiveAsked,
    (after, limit): (Option<After>, u32),
) -> Result<Page<LiveView>> {
    let now = cx.clock.now();
    let at = asked.at.as_deref().map_or(Ok(now), |text| moment(text, now))?;
    if let Some(environment) = &asked.environment
        && !ENVIRONMENTS.contains(&environment.as_str())
    {
        return Err(Error::Environment(shown(environment, 60)));
    }
    let project = &asked.project.clone().map(ProjectId);
    let after = &after;
    cx.db
        .read(|tx| async move {
            let visible = permit.visible(&tx).await?;
            let which = StandingAt {
                at,
                project: project.as_ref(),
                environment: asked.environment.as_deref(),
                after: after.as_ref().map(|(endpoint, id)| (endpoint.as_str(), id.as_str())),
            };
            let found = delivery::promotions::standing_at(&tx, &visible, &which, limit + 1).await?;
            let page = Page::of(found, limit, |promotion| (promotion.endpoint.clone(), promotion.id.clone()));
            let mut items = Vec::new();
            for promotion in page.items {
                items.extend(view(&tx, promotion, at).await?);
            }
            Ok(Page { items, next_cursor: page.next_cursor, total: page.total })
        })
        .await
}

/// Returns since when a promotion's candidate was what callers met at that moment, and whether it was being verified.
async fn since(tx: &Tx, promotion: &Promotion, at: Timestamp) -> db::Result<Option<(Timestamp, bool)>> {
    if let Some(live_at) = promotion.live_at.filter(|live_at| *live_at <= at) {
        return Ok(Some((live_at, false)));
    }
    let Some(rollout) = &promotion.rollout else { return Ok(None) };
    let rollout = serving::find_rollout(tx, &RolloutId(rollout.clone())).await?;
    Ok(rollout.and_then(|rollout| rollout.served_at).filter(|served_at| *served_at <= at).map(|from| (from, true)))
}

async fn view(tx: &Tx, promotion: Promotion, at: Timestamp) -> Result<Option<LiveView>> {
    let Some((live_from, verifying)) = since(tx, &promotion, at).await? else { return Ok(None) };
    let candidate = delivery::candidates::find(tx, &promotion.project, promotion.candidate).await?;
    let model = candidate.as_ref().map(delivery::candidates::Candidate::model);
    let approved_by = approvers(tx, &promotion).await?;
    let no_approval = approved_by.is_empty().then(|| match promotion.environment.as_str() {
        "preprod" => "its gate policy asked for no approval".to_owned(),
        _ => "no approval is on record".to_owned(),
    });
    Ok(Some(LiveView {
        project: promotion.project.0.clone(),
        environment: promotion.environment.clone(),
        candidate: promotion.candidate,
        digest: promotion.digest.to_string(),
        model: model.map(|model| model.model.clone()).unwrap_or_default(),
        version: model.map(|model| model.version).unwrap_or_default(),
        kind: promotion.kind,
        verifying,
        asked_by: promotion.asked_by.0.clone(),
        approved_by,
        no_approval,
        live_from,
        live_until: if verifying { promotion.live_at.or(promotion.ended_at) } else { promotion.ended_at },
        suspended: stopped(tx, &promotion.endpoint, at).await?,
        endpoint: promotion.endpoint,
        promotion: promotion.id,
    }))
}

/// Returns who approved what a promotion brought there: of a rollback, which nobody approves, those of the release that it goes back to.
async fn approvers(tx: &Tx, promotion: &Promotion) -> db::Result<Vec<Approver>> {
    let mut of = promotion.clone();
    if promotion.kind == PromotionKind::Rollback {
        let all = delivery::promotions::of_candidate(tx, &promotion.project, promotion.candidate).await?;
        let first = all.into_iter().find(|one| {
            one.kind == PromotionKind::Release
                && one.environment == promotion.environment
                && one.live_at.is_some_and(|live_at| live_at <= promotion.created_at)
        });
        let Some(first) = first else { return Ok(Vec::new()) };
        of = first;
    }
    let (mut found, place) = (Vec::new(), of.resource());
    for one in of.valid_approvals() {
        found.push(Approver {
            person: one.by.0.clone(),
            roles: access::held_at(tx, &one.by, &place, one.at).await?,
            at: one.at,
            comment: one.comment.clone(),
            promotion: of.id.clone(),
        });
    }
    Ok(found)
}

/// Returns the stop of an endpoint that was in effect: the last word about it until then.
async fn stopped(tx: &Tx, endpoint: &str, at: Timestamp) -> db::Result<Option<StoppedThen>> {
    let words = ["StopEndpoint", "StartEndpoint", "UndeployModel"];
    let last = access::audit::last_entry(tx, &format!("endpoint/{endpoint}"), &words, at).await?;
    Ok(last.filter(|placed| placed.entry.action == "StopEndpoint").map(|placed| StoppedThen {
        by: placed.entry.actor.trim_start_matches("person:").to_owned(),
        since: placed.entry.at,
        reason: placed.entry.reason,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let now = serde_json::from_value("2026-11-26T15:00:00Z".into()).unwrap();
        let said = moment(text, now).map_or_else(|error| error.to_string(), |at| at.to_string());
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn a_day_is_its_end_in_utc_or_now() {
        check("2026-11-25", "2026-11-25T23:59:59.999999Z");
        check(" 2026-02-28 ", "2026-02-28T23:59:59.999999Z");
        check("2026-11-26", "2026-11-26T15:00:00Z");
        check("2026-11-27", "`2026-11-27T00:00:00Z` has not come yet: it is 2026-11-26T15:00:00Z");
        check("2026-11-26T14:00:00+01:00", "2026-11-26T13:00:00Z");
        check("2026-11-26T16:00:00Z", "`2026-11-26T16:00:00Z` has not come yet: it is 2026-11-26T15:00:00Z");
        for bad in ["2026-02-30", "2026-11", "2026-11-26T12:00:00", "yesterday", ""] {
            check(bad, &format!("`{bad}` is no date and time"));
        }
    }
}
