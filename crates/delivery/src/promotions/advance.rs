//! How a promotion gets on: each turn looks at what is true now (gates, rollout, run, clock) and takes the one step that follows. It
//! may come as often as it likes, at any time, from any server.
mod verifying;

use super::error::{Error, Result};
use super::facts::{Facts, facts_of};
use super::gates::{GateState, gates};
use super::hands::{authors_now, is_counted_from_live};
use super::model::{Decider, Promotion, PromotionKind, PromotionState};
use super::service::{candidate_of, hard, project_by, record, stale};
use super::store::PromotionStore;
use super::{PREPROD, PROD};
use crate::authors::Authors;
use crate::candidates::Candidate;
use crate::versions::store::ReleasedStore;
use crate::versions::{ReleasedState, ReleasedVersion};
use crate::{Context, cards, release};
use base::{Fault, Kind, PersonId, RunId, Timestamp};
use db::Tx;
use events::{PromotionEnded, PromotionLive};
use projects::Project;
use runs::NewRun;
use serving::{Deployment, Endpoint, Rollout, RolloutId, RolloutState};
use verifying::{Answers, look_at_answers, look_at_run};

/// How often what bakes is looked at, in seconds: what cannot answer goes back.
const WATCHED_EVERY: i64 = 5;
/// How many steps one turn takes at most.
const STEPS: usize = 8;

/// What has to be asked outside of the transaction.
#[derive(Debug)]
enum Outside {
    Nothing,
    Authors(Authors),
    /// Its repository cannot be read.
    Unreadable,
    /// The run that verifies it, or why there can be none.
    Verifying(std::result::Result<Box<NewRun>, String>),
}

/// What one step came to.
enum Step {
    /// There is nothing to do before something else happens.
    Waits,
    /// There is nothing to do before that time, unless something else happens.
    Later(Timestamp),
    Went,
    /// It went, and this run is to be woken.
    Started(RunId),
}

/// Takes every step that promotion `id` can take now. Returns when it wants to be looked at again, if the clock alone brings it on.
pub(super) async fn advance(cx: &Context, id: &str) -> Result<Option<Timestamp>> {
    let mut later = None;
    for _ in 0..STEPS {
        let outside = ask(cx, id).await?;
        let outside = &outside;
        match cx.db.write(|tx| async move { step(cx, &tx, id, outside).await }).await? {
            Step::Went => {}
            Step::Started(run) => runs::wake(&cx.runs, &run),
            Step::Waits => break,
            Step::Later(at) => {
                later = Some(at);
                break;
            }
        }
    }
    let found = cx.db.read(|tx| async move { tx.find_promotion(id).await }).await?;
    let now = cx.clock.now();
    Ok(found.filter(|promotion| promotion.state.is_moving()).and_then(|promotion| {
        let times = [promotion.bakes_until, promotion.due_at, later].into_iter().flatten();
        times.filter(|at| *at > now).min()
    }))
}

/// Asks git for what the next step has to know of it.
async fn ask(cx: &Context, id: &str) -> Result<Outside> {
    let read = cx.db.read(|tx| async move {
        let Some(promotion) = tx.find_promotion(id).await? else { return Ok(None) };
        let project = project_by(&tx, &promotion).await?;
        let candidate = candidate_of(&tx, &project.id, promotion.candidate).await?;
        let counted = match &promotion.authors {
            Some(authors) => is_counted_from_live(&tx, &project, &promotion, &candidate, authors).await?,
            None => false,
        };
        Ok::<_, Error>(Some((promotion, candidate, counted)))
    });
    let Some((promotion, candidate, counted)) = read.await? else { return Ok(Outside::Nothing) };
    match promotion.state {
        PromotionState::Checking => {}
        PromotionState::AwaitingApproval if !counted => {}
        PromotionState::Verifying if promotion.kind == PromotionKind::Release && promotion.run.is_none() => {
            if promotion.environment != PREPROD {
                return Ok(Outside::Nothing);
            }
            let (commit, endpoint) = (&candidate.content.commit, &promotion.endpoint);
            let environment = promotion.environment_id();
            let new = release::verify_run(cx, &environment, commit, endpoint, &promotion.asked_by).await;
            return match new {
                Ok(new) => Ok(Outside::Verifying(Ok(Box::new(new)))),
                Err(why) if is_final(why.fault().0) => Ok(Outside::Verifying(Err(why.to_string()))),
                Err(why) => Err(why.into()),
            };
        }
        _ => return Ok(Outside::Nothing),
    }
    match authors_now(cx, id).await {
        Ok(authors) => Ok(authors.map_or(Outside::Nothing, Outside::Authors)),
        Err(Error::AuthorsUnreadable) => Ok(Outside::Unreadable),
        Err(other) => Err(other),
    }
}

/// Returns whether trying again does not help.
fn is_final(kind: Kind) -> bool {
    !matches!(kind, Kind::Unavailable | Kind::Stale | Kind::Full | Kind::TooMany | Kind::Internal)
}

async fn step(cx: &Context, tx: &Tx, id: &str, outside: &Outside) -> Result<Step> {
    let Some(promotion) = tx.lock_promotion(id).await? else { return Ok(Step::Waits) };
    match promotion.state {
        PromotionState::Checking | PromotionState::AwaitingApproval if matches!(outside, Outside::Unreadable) => {
            // The next look tries again; whoever waits for it is told meanwhile.
            let reason = format!("{}: ask your administrator", Error::AuthorsUnreadable);
            wait_for(tx, &promotion, promotion.waits_for(Some(reason))).await
        }
        PromotionState::Checking => check(cx, tx, &promotion, outside).await,
        PromotionState::AwaitingApproval => deploy(cx, tx, &promotion, outside).await,
        PromotionState::Deploying => look_at_rollout(cx, tx, &promotion).await,
        PromotionState::Verifying => look_at_verification(cx, tx, &promotion, outside).await,
        _ => Ok(Step::Waits),
    }
}

/// Writes what became of a promotion.
async fn save(tx: &Tx, action: &str, before: &Promotion, after: Promotion) -> Result<Promotion> {
    let saved = tx.save_promotion(after).await.map_err(stale)?;
    record(tx, action, Some(before), &saved).await?;
    Ok(saved)
}

/// Says what it waits for, where that is news.
async fn wait_for(tx: &Tx, promotion: &Promotion, after: Promotion) -> Result<Step> {
    if after != *promotion {
        tx.save_promotion(after).await.map_err(stale)?;
    }
    Ok(Step::Waits)
}

async fn fail(tx: &Tx, promotion: &Promotion, reason: &str, now: Timestamp) -> Result<Step> {
    let saved = save(tx, "FailPromotion", promotion, promotion.fail(reason, now)?).await?;
    tell_end(tx, &saved).await?;
    Ok(Step::Went)
}

/// Ends what was being deployed, and undoes what that had begun.
async fn fail_deployed(cx: &Context, tx: &Tx, promotion: &Promotion, reason: &str, now: Timestamp) -> Result<Step> {
    let step = fail(tx, promotion, reason, now).await?;
    restore(cx, tx, promotion, &promotion.asked_by).await?;
    Ok(step)
}

/// Tells whoever waits that a promotion came to its end.
pub(super) async fn tell_end(tx: &Tx, promotion: &Promotion) -> db::Result<()> {
    tx.publish(PromotionEnded {
        promotion: promotion.id.clone(),
        environment: promotion.environment_id(),
        candidate: promotion.candidate,
        digest: promotion.digest,
        state: promotion.state.to_string(),
        at: promotion.changed_at,
    })
    .await
}

async fn facts_for(cx: &Context, tx: &Tx, promotion: &Promotion) -> Result<(Project, Facts)> {
    let project = project_by(tx, promotion).await?;
    let candidate = candidate_of(tx, &project.id, promotion.candidate).await?;
    let facts = facts_of(tx, &project, &promotion.environment, candidate, cx.clock.now()).await?;
    Ok((project, facts))
}

/// Returns the promotion as it stands now: under the policy in force, with the authors counted from what is live now.
async fn current(
    tx: &Tx,
    promotion: &Promotion,
    (project, facts): (&Project, &Facts),
    outside: &Outside,
) -> Result<Option<Promotion>> {
    let promotion = promotion.under(facts.policy.version);
    let promotion = match outside {
        Outside::Authors(authors) => promotion.with_authors(authors.clone()),
        _ => promotion,
    };
    let counted = match &promotion.authors {
        Some(authors) => is_counted_from_live(tx, project, &promotion, &facts.candidate, authors).await?,
        None => false,
    };
    Ok(counted.then_some(promotion))
}

async fn check(cx: &Context, tx: &Tx, promotion: &Promotion, outside: &Outside) -> Result<Step> {
    let (project, facts) = facts_for(cx, tx, promotion).await?;
    let Some(current) = current(tx, promotion, (&project, &facts), outside).await? else {
        return Ok(Step::Waits); // what is live changed meanwhile; the next turn asks again
    };
    if let Some(closed) = hard(promotion.kind, Some(&current), &facts) {
        return fail(tx, promotion, &format!("a gate is closed: {closed}"), facts.now).await;
    }
    let all = gates(promotion.kind, Some(&current), &facts);
    if let Some(closed) = all.iter().find(|gate| gate.name == "authors" && gate.state != GateState::Passed) {
        return wait_for(tx, promotion, current.waits_for(Some(closed.note.clone()))).await;
    }
    save(tx, "CheckPromotion", promotion, current.await_approval(facts.now)?).await?;
    Ok(Step::Went)
}

async fn deploy(cx: &Context, tx: &Tx, promotion: &Promotion, outside: &Outside) -> Result<Step> {
    let (project, facts) = facts_for(cx, tx, promotion).await?;
    let Some(current) = current(tx, promotion, (&project, &facts), outside).await? else { return Ok(Step::Waits) };
    if let Some(closed) = hard(promotion.kind, Some(&current), &facts) {
        return fail(tx, promotion, &format!("a gate is closed: {closed}"), facts.now).await;
    }
    let all = gates(promotion.kind, Some(&current), &facts);
    if let Some(closed) = all.iter().find(|gate| gate.blocks_deploying()) {
        let reason = (closed.name != "approvals").then(|| closed.note.clone());
        return wait_for(tx, promotion, current.waits_for(reason)).await;
    }
    if let Some(moving) = &facts.moving {
        let reason = format!("promotion `{}` into {} is under way", moving.id, moving.environment);
        return wait_for(tx, promotion, current.waits_for(Some(reason))).await;
    }
    let by = &current.asked_by;
    let rollout = match roll_out(cx, tx, &current, &facts.candidate, by).await {
        Ok(rollout) => rollout,
        Err(Error::Serving(serving::Error::Moving(..))) => return Ok(Step::Waits),
        Err(Error::Serving(why)) if is_final(why.fault().0) => {
            return fail(tx, promotion, &why.to_string(), facts.now).await;
        }
        Err(other) => return Err(other),
    };
    // Where another is live, what is stopped stays so until this one takes over.
    if current.kind == PromotionKind::Resume && facts.is_live_and_stopped() {
        serving::start(&cx.serving, tx, &current.endpoint, by).await?;
    }
    save(tx, "DeployPromotion", promotion, current.deploy(&all, rollout.as_str(), facts.now)?).await?;
    Ok(Step::Went)
}

/// Has the endpoint of a promotion serve a candidate.
pub(super) async fn roll_out(
    cx: &Context,
    tx: &Tx,
    promotion: &Promotion,
    candidate: &Candidate,
    by: &PersonId,
) -> Result<RolloutId> {
    let model = candidate.model();
    let deployment = Deployment {
        environment: promotion.environment_id(),
        endpoint: candidate.content.serving.endpoint.clone(),
        candidate: candidate.digest,
        project: candidate.project.clone(),
        model: model.model.clone(),
        version: model.version,
        onnx: model.onnx,
        signature: candidate.content.serving.signature.clone(),
        datasets: candidate.content.datasets.iter().map(|read| read.dataset.clone()).collect(),
    };
    Ok(serving::deploy(&cx.serving, tx, &deployment, by).await?)
}

async fn rollout_of(tx: &Tx, promotion: &Promotion) -> Result<Option<Rollout>> {
    let Some(id) = &promotion.rollout else { return Ok(None) };
    Ok(serving::find_rollout(tx, &RolloutId(id.clone())).await?)
}

async fn look_at_rollout(cx: &Context, tx: &Tx, promotion: &Promotion) -> Result<Step> {
    let now = cx.clock.now();
    let Some(rollout) = rollout_of(tx, promotion).await? else {
        return fail_deployed(cx, tx, promotion, "its rollout is gone", now).await;
    };
    match rollout.state {
        RolloutState::Serving => {
            let project = project_by(tx, promotion).await?;
            let policy = crate::gates::in_force(tx, &project, &promotion.environment).await?;
            let bakes = promotion.kind == PromotionKind::Release;
            // A stop from before is for what was live then: this is another version, which nobody stopped. A later one is for this.
            let endpoint = serving::find_endpoint(tx, &promotion.endpoint).await?;
            let stopped = endpoint.and_then(|found| found.stopped);
            if stopped.is_some_and(|stopped| stopped.at <= promotion.changed_at) {
                serving::start(&cx.serving, tx, &promotion.endpoint, &promotion.asked_by).await?;
            }
            let baking_s = if bakes { policy.terms.baking_s } else { 0 };
            save(tx, "VerifyPromotion", promotion, promotion.verify(baking_s, now)?).await?;
            Ok(Step::Went)
        }
        RolloutState::Failed => {
            let why = rollout.reason.unwrap_or_else(|| "no reason is known".to_owned());
            fail_deployed(cx, tx, promotion, &format!("it could not be deployed: {why}"), now).await
        }
        RolloutState::Draining | RolloutState::Retired => {
            fail_deployed(cx, tx, promotion, "another rollout took its place", now).await
        }
        RolloutState::Created | RolloutState::Loading | RolloutState::Ready if promotion.is_due(now) => {
            let why = "it was not deployed in time";
            serving::cancel(&cx.serving, tx, &rollout.id, why, &promotion.asked_by).await?;
            fail_deployed(cx, tx, promotion, why, now).await
        }
        RolloutState::Created | RolloutState::Loading | RolloutState::Ready => Ok(Step::Waits),
    }
}

/// Returns why an endpoint does not serve what is being verified there, if so.
fn not_serving(promotion: &Promotion, endpoint: Option<&Endpoint>) -> Option<String> {
    let Some(endpoint) = endpoint else { return Some("its endpoint is gone".to_owned()) };
    if let Some(stopped) = &endpoint.stopped {
        return Some(format!("`{}` suspended the endpoint while it was verified: {}", stopped.by, stopped.reason));
    }
    let serves = endpoint.serving.as_ref().map(RolloutId::as_str) == promotion.rollout.as_deref();
    (!serves).then(|| "another rollout took its place while it was verified".to_owned())
}

async fn look_at_verification(cx: &Context, tx: &Tx, promotion: &Promotion, outside: &Outside) -> Result<Step> {
    let now = cx.clock.now();
    let endpoint = serving::find_endpoint(tx, &promotion.endpoint).await?;
    if let Some(why) = not_serving(promotion, endpoint.as_ref()) {
        return undo(cx, tx, promotion, &why, now).await;
    }
    let answers = match promotion.kind {
        PromotionKind::Resume => return look_at_resumption(cx, tx, promotion, now).await,
        PromotionKind::Rollback => return go_live(cx, tx, promotion, now).await,
        PromotionKind::Release => Answers::of(cx, promotion, now),
    };
    if let Answers::Never(why) = &answers {
        return undo(cx, tx, promotion, why, now).await;
    }
    // Baking may last for days: what closed meanwhile closes this, too.
    let (_, facts) = facts_for(cx, tx, promotion).await?;
    if let Some(closed) = hard(promotion.kind, Some(promotion), &facts) {
        return undo(cx, tx, promotion, &format!("a gate is closed: {closed}"), now).await;
    }
    if promotion.environment == PREPROD
        && let Some(step) = look_at_run(cx, tx, promotion, outside).await?
    {
        return Ok(step);
    }
    if promotion.bakes_until.is_some_and(|until| now < until) {
        return Ok(Step::Later(now.plus_seconds(WATCHED_EVERY)));
    }
    if let Some(held) = held(promotion, &facts) {
        return wait_for(tx, promotion, promotion.waits_for(Some(held))).await;
    }
    if answers == Answers::NotYet {
        return Ok(Step::Later(now.plus_seconds(1)));
    }
    go_live(cx, tx, &promotion.waits_for(None), now).await
}

/// Returns what is said of the holds that keep a promotion from going live, if there are any.
fn held(promotion: &Promotion, facts: &Facts) -> Option<String> {
    let all = gates(promotion.kind, Some(promotion), facts);
    all.into_iter().find(|gate| gate.name == "holds" && gate.state != GateState::Passed).map(|gate| gate.note)
}

async fn look_at_resumption(cx: &Context, tx: &Tx, promotion: &Promotion, now: Timestamp) -> Result<Step> {
    let (_, facts) = facts_for(cx, tx, promotion).await?;
    match held(promotion, &facts) {
        Some(held) => wait_for(tx, promotion, promotion.waits_for(Some(held))).await,
        None => look_at_answers(cx, tx, &promotion.waits_for(None), now).await,
    }
}

/// It did not prove itself: what was live before serves again.
async fn undo(cx: &Context, tx: &Tx, promotion: &Promotion, why: &str, now: Timestamp) -> Result<Step> {
    let live = tx.find_live(&promotion.endpoint).await?;
    let (action, after) = match live {
        Some(_) => ("RollBackPromotion", promotion.roll_back(why, now)?),
        None => ("FailPromotion", promotion.fail(why, now)?),
    };
    let saved = save(tx, action, promotion, after).await?;
    restore(cx, tx, promotion, &promotion.asked_by).await?;
    tell_end(tx, &saved).await?;
    Ok(Step::Went)
}

/// Has the endpoint serve what is live again, or nothing where nothing is; for a promotion that was moving and is no more.
pub(super) async fn restore(cx: &Context, tx: &Tx, promotion: &Promotion, by: &PersonId) -> Result<()> {
    let live = tx.find_live(&promotion.endpoint).await?;
    if let Some(live) = &live
        && promotion.kind == PromotionKind::Resume
        && live.candidate == promotion.candidate
    {
        return stop_again(cx, tx, live).await; // it changed nothing else of what is served
    }
    let Some(rollout) = rollout_of(tx, promotion).await? else { return Ok(()) };
    match rollout.state {
        RolloutState::Created | RolloutState::Loading | RolloutState::Ready => {
            let why = "its promotion came to an end";
            Ok(serving::cancel(&cx.serving, tx, &rollout.id, why, by).await?)
        }
        RolloutState::Serving => match live {
            Some(live) => {
                let candidate = candidate_of(tx, &live.project, live.candidate).await?;
                roll_out(cx, tx, &live, &candidate, by).await?;
                stop_again(cx, tx, &live).await
            }
            None => Ok(serving::undeploy(&cx.serving, tx, &promotion.endpoint, by).await?),
        },
        RolloutState::Draining | RolloutState::Retired | RolloutState::Failed => Ok(()),
    }
}

/// Stops what is live where it was suspended: its stop was lifted for what is undone now.
async fn stop_again(cx: &Context, tx: &Tx, live: &Promotion) -> Result<()> {
    let candidate = candidate_of(tx, &live.project, live.candidate).await?;
    let model = candidate.model();
    let version = tx.find_released(&live.project, &model.model, model.version).await?;
    if let Some(version) = version.filter(|version| version.state == ReleasedState::Suspended) {
        let reason = version.reason.as_deref().unwrap_or("it was suspended");
        serving::stop(&cx.serving, tx, &live.endpoint, reason, &version.changed_by).await?;
    }
    Ok(())
}

async fn go_live(cx: &Context, tx: &Tx, promotion: &Promotion, now: Timestamp) -> Result<Step> {
    // Before this one is live, for the index that lets one be.
    if let Some(live) = tx.find_live(&promotion.endpoint).await? {
        let brought_back = promotion.kind == PromotionKind::Rollback && live.candidate != promotion.candidate;
        let (action, after) = if brought_back {
            let why = promotion
                .reason
                .clone()
                .unwrap_or_else(|| format!("promotion `{}` brought back what was live before", promotion.id));
            ("RollBackPromotion", live.roll_back(&why, now)?)
        } else {
            ("SupersedePromotion", live.supersede(now)?)
        };
        let saved = save(tx, action, &live, after).await?;
        tell_end(tx, &saved).await?;
    }
    let saved = save(tx, "PromotionGoesLive", promotion, promotion.go_live(now)?).await?;
    if promotion.environment == PROD {
        approve_version(tx, &saved, now).await?;
        cards::show(tx, &saved, now).await?;
    }
    tx.publish(PromotionLive {
        promotion: saved.id.clone(),
        environment: saved.environment_id(),
        endpoint: saved.endpoint.clone(),
        candidate: saved.candidate,
        digest: saved.digest,
        at: now,
    })
    .await?;
    super::go_on(cx, tx, &saved.project, &saved.environment).await?;
    Ok(Step::Went)
}

async fn approve_version(tx: &Tx, promotion: &Promotion, now: Timestamp) -> Result<()> {
    let candidate = candidate_of(tx, &promotion.project, promotion.candidate).await?;
    let model = candidate.model();
    let found = tx.lock_released(&promotion.project, &model.model, model.version).await?;
    let Some(version): Option<ReleasedVersion> = found else { return Ok(()) };
    let by = &promotion.asked_by;
    let changed = match (version.state, promotion.kind) {
        (ReleasedState::Registered, _) => version.approve(by, now)?,
        (ReleasedState::Suspended, PromotionKind::Resume) => version.resume(by, now)?,
        _ => return Ok(()),
    };
    tx.save_released(changed).await?;
    Ok(())
}

/// Returns what the rule about a decision must know of somebody. Joins the transaction.
pub(super) async fn decider_of(tx: &Tx, person: &PersonId, facts: &Facts) -> db::Result<Decider> {
    let rights = facts.holders.values().flatten().filter(|right| right.holder == *person).cloned().collect();
    let link_by = access::link_maker(tx, person).await?.map(|maker| maker.person);
    Ok(Decider { person: person.clone(), rights, link_by, asked: facts.holders.keys().copied().collect() })
}
