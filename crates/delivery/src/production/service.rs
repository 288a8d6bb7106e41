use super::{ReadProduction, ResumeProduction, RollBack, SuspendProduction};
use crate::Context;
use crate::candidates::Candidate;
use crate::promotions::store::PromotionStore;
use crate::promotions::{
    self, Begun, ENVIRONMENTS, Error, PROD, Promotion, PromotionKind, PromotionState, PromotionView, Result,
    endpoint_id, enqueue, project_of, reason_of, site_of, viewed,
};
use crate::versions::ReleasedState;
use crate::versions::store::ReleasedStore;
use access::{Action, Once, Permit};
use base::{Next, PersonId, ProjectId, Securable, Timestamp, Tone};
use db::Tx;
use events::VersionSuspended;
use projects::Project;
use serving::Endpoint;
use std::collections::BTreeSet;

/// How many promotions are looked through for what may answer again.
const MOST_LOOKED_AT: u32 = 100;
/// For how long the same rollback asked for again is that one, in seconds.
const AGAIN_SECONDS: i64 = 600;

/// What is live in an environment, with what its viewer may do.
#[derive(Debug)]
pub(super) struct Shown {
    pub environment: &'static str,
    pub id: String,
    pub live: Option<Promotion>,
    pub moving: Option<Promotion>,
    pub endpoint: Option<Endpoint>,
    /// The candidate that a rollback would bring back.
    pub back_to: Option<i64>,
    /// The candidates that were suspended here and may be asked to answer again.
    pub resumable: Vec<i64>,
    /// Whether somebody asked that what is live answers again.
    pub resuming: bool,
    pub may_suspend: bool,
    pub may_resume: bool,
}

impl Shown {
    /// Returns the candidate that callers are answered by.
    pub(super) fn answers(&self) -> Option<i64> {
        let answers = self.endpoint.as_ref().is_some_and(|found| found.stopped.is_none() && found.serving.is_some());
        answering(self.live.as_ref(), self.moving.as_ref()).filter(|_| answers).map(|promotion| promotion.candidate)
    }

    /// Returns what its viewer should know and can do.
    pub(super) fn next(&self) -> Next {
        let says = |tone, text: String, reason: String, action| Next { tone, text, reason, action };
        let stopped = self.endpoint.as_ref().and_then(|endpoint| endpoint.stopped.as_ref());
        match (stopped, &self.live, &self.moving) {
            (Some(stopped), _, _) => {
                let reason = format!("{}: {}", stopped.by, stopped.reason);
                let is_live = |live: &Promotion| self.resumable.contains(&live.candidate);
                let action = self.live.as_ref().filter(|live| self.may_resume && is_live(live));
                let action = action.map(|_| "resume_production");
                let asked = self.resuming.then_some("That it answers again was asked for, and waits for approval.");
                let what = match (asked, self.back_to, action) {
                    (Some(asked), ..) => asked.to_owned(),
                    (None, Some(back), _) => format!("A rollback lets candidate {back} answer at once."),
                    (None, None, Some(_)) => {
                        "It answers again by a resumption, which the gate's approvers decide.".to_owned()
                    }
                    (None, None, None) => String::new(),
                };
                let text = format!("Suspended: callers get `model suspended`. {what}");
                says(Tone::Bad, text.trim_end().to_owned(), reason, action)
            }
            (None, _, Some(moving)) => {
                let text = format!("Candidate {} is {}.", moving.candidate, moving.state);
                says(Tone::Working, text, moving.next(None).reason, None)
            }
            (None, Some(live), None) => {
                let text = format!("Candidate {} is live.", live.candidate);
                let action = self.may_suspend.then_some("suspend_production");
                says(Tone::Good, text, String::new(), action)
            }
            (None, None, None) => says(Tone::Idle, "Nothing is live.".to_owned(), String::new(), None),
        }
    }
}

async fn shown<A: Action>(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<A>,
    project: &Project,
    environment: &'static str,
) -> Result<Shown> {
    let id = endpoint_id(project, environment)?;
    let (live, moving) = (tx.find_live(&id).await?, tx.find_moving(&id).await?);
    let site = promotions::Site {
        project: project.id.clone(),
        environment: environment.to_owned(),
        team: Some(project.team.clone()),
    };
    let (held, place) = (permit.held(tx).await?, site.resource());
    let endpoint = serving::find_endpoint(tx, &id).await?.filter(|found| found.project == project.id);
    let may_suspend = held.can::<SuspendProduction>(&place).is_some();
    let may_resume = held.can::<ResumeProduction>(&place).is_some();
    let back_to = target(cx, tx, project, &id, environment).await.ok().map(|(target, _)| target.candidate);
    let resumable = resumable(tx, project, environment).await?;
    let resuming = match &live {
        Some(live) => {
            let kind = PromotionKind::Resume.as_str();
            tx.find_open(&project.id, environment, live.candidate, kind).await?.is_some()
        }
        None => false,
    };
    Ok(Shown { environment, id, live, moving, endpoint, back_to, resumable, resuming, may_suspend, may_resume })
}

/// Returns the candidates that answered in prod and are suspended, the newest first. Elsewhere nobody decides that one answers again.
async fn resumable(tx: &Tx, project: &Project, environment: &str) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    if environment != PROD {
        return Ok(found);
    }
    let mut looked_at = BTreeSet::new();
    for before in tx.list_promotions(&project.id, Some(environment), None, MOST_LOOKED_AT).await? {
        if before.bakes_until.is_none() || !looked_at.insert(before.candidate) {
            continue;
        }
        let candidate = promotions::candidate_of(tx, &project.id, before.candidate).await?;
        let model = candidate.model();
        let version = tx.find_released(&project.id, &model.model, model.version).await?;
        if version.is_some_and(|version| version.state == ReleasedState::Suspended) {
            found.push(before.candidate);
        }
    }
    Ok(found)
}

/// Returns what is live in each environment of a project.
pub(super) async fn list(cx: &Context, permit: &Permit<ReadProduction>, project: &ProjectId) -> Result<Vec<Shown>> {
    cx.db
        .read(|tx| async move {
            let project = project_of(&tx, permit, project).await?;
            let mut found = Vec::new();
            for environment in ENVIRONMENTS {
                found.push(shown(cx, &tx, permit, &project, environment).await?);
            }
            Ok(found)
        })
        .await
}

/// What a rollback of an endpoint brings back: what was live before; or what is, while another is verified or where the stop of
/// another silenced it.
async fn target(
    cx: &Context,
    tx: &Tx,
    project: &Project,
    endpoint: &str,
    environment: &str,
) -> Result<(Promotion, Option<Promotion>)> {
    let none = || Error::NothingLive(environment.to_owned());
    let (moving, mut may_live_serve) = (tx.find_moving(endpoint).await?, false);
    let live = tx.find_live(endpoint).await?;
    let is_stopped = serving::find_endpoint(tx, endpoint).await?.is_some_and(|found| found.stopped.is_some());
    if let Some(live) = live.as_ref().filter(|_| moving.is_some() || is_stopped) {
        let candidate = promotions::candidate_of(tx, &project.id, live.candidate).await?;
        may_live_serve = promotions::why_not_back(cx, tx, project, &live.environment, candidate).await?.is_none();
    }
    match (live, moving) {
        (_, Some(moving)) if moving.state == PromotionState::Deploying || moving.kind != PromotionKind::Release => {
            Err(Error::Moving { id: moving.id, environment: environment.to_owned() })
        }
        (Some(live), moving) if may_live_serve => Ok((live, moving)),
        (Some(live), moving) => Ok((newest_before(cx, tx, project, &live).await?, moving)),
        (None, Some(_)) => Err(Error::NothingBefore(environment.to_owned())),
        (None, None) => Err(none()),
    }
}

/// Returns the newest that was live before `live` and may serve again. What was itself left by going back, is suspended, or was trained
/// under a grant that has ended, is in nobody's way.
async fn newest_before(cx: &Context, tx: &Tx, project: &Project, live: &Promotion) -> Result<Promotion> {
    let mut looked_at = BTreeSet::from([live.candidate]);
    let mut why_not = Error::NothingBefore(live.environment.clone());
    for before in tx.list_was_live(&live.endpoint).await? {
        if !looked_at.insert(before.candidate) {
            continue;
        }
        let of_it = tx.list_promotions_of(&project.id, &live.environment, before.candidate).await?;
        if of_it.iter().find(|one| one.live_at.is_some()).is_some_and(|one| one.state == PromotionState::RolledBack) {
            continue;
        }
        let candidate = promotions::candidate_of(tx, &project.id, before.candidate).await?;
        match promotions::why_not_back(cx, tx, project, &live.environment, candidate).await? {
            None => return Ok(before),
            Some(closed) => why_not = Error::Closed(closed),
        }
    }
    Err(why_not)
}

/// Brings back what was live before: no approval, one person, a reason.
pub(super) async fn roll_back(
    cx: &Context,
    permit: &Permit<RollBack>,
    once: &Once,
    project: &ProjectId,
    (environment, reason): (&'static str, &str),
) -> Result<PromotionView> {
    cx.db
        .write(|tx| async move {
            let project = site_of(&tx, permit, project, environment).await?;
            if let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? {
                let found = tx.find_promotion(&kept).await?.ok_or(Error::NotFound(kept))?;
                return viewed(cx, &tx, permit, found).await;
            }
            let (by, reason) = (permit.caller().person()?, reason_of(reason)?);
            let endpoint = endpoint_id(&project, environment)?;
            let promotion = match begun_before(&tx, &endpoint, (by, &reason), cx.clock.now()).await? {
                Some(same) => same,
                None => begin_rollback(cx, &tx, permit, (&project, environment), &endpoint, (by, &reason)).await?,
            };
            once.keep(&tx, permit.caller(), &promotion.id).await?;
            viewed(cx, &tx, permit, promotion).await
        })
        .await
}

/// Returns the rollback that this person began for this reason a moment ago, and that is on its way or what is live: it is not done twice.
async fn begun_before(
    tx: &Tx,
    endpoint: &str,
    (by, reason): (&PersonId, &str),
    now: Timestamp,
) -> Result<Option<Promotion>> {
    let is_stopped = serving::find_endpoint(tx, endpoint).await?.is_some_and(|endpoint| endpoint.stopped.is_some());
    let last = match tx.find_moving(endpoint).await? {
        Some(moving) => Some(moving),
        None if is_stopped => None, // what it brought back was stopped since: this is another way back
        None => tx.find_live(endpoint).await?,
    };
    Ok(last.filter(|last| {
        let is_its = last.asked_by == *by && last.reason.as_deref() == Some(reason);
        last.kind == PromotionKind::Rollback && is_its && now < last.created_at.plus_seconds(AGAIN_SECONDS)
    }))
}

async fn begin_rollback(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<RollBack>,
    (project, environment): (&Project, &'static str),
    endpoint: &str,
    (by, reason): (&PersonId, &str),
) -> Result<Promotion> {
    let (target, verified) = target(cx, tx, project, endpoint, environment).await?;
    let candidate = promotions::candidate_of(tx, &project.id, target.candidate).await?;
    let now = cx.clock.now();
    if let Some(verified) = verified {
        promotions::end_rolled_back(tx, &verified, reason, now).await?;
    }
    let promotion = promotions::begin_rollback(cx, tx, project, (environment, candidate), (by, reason)).await?;
    permit.entry(&promotion, now).after(&promotion).reason(reason).insert(tx).await?;
    enqueue(cx, tx, &promotion, now).await?;
    Ok(promotion)
}

/// Asks that what was suspended answers again: a promotion of what is live, or of `candidate`, through the gates.
pub(super) async fn resume(
    cx: &Context,
    permit: &Permit<ResumeProduction>,
    once: &Once,
    project: &ProjectId,
    (environment, candidate): (&'static str, Option<i64>),
) -> Result<PromotionView> {
    cx.db
        .write(|tx| async move {
            let project = site_of(&tx, permit, project, environment).await?;
            if let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? {
                let found = tx.find_promotion(&kept).await?.ok_or(Error::NotFound(kept))?;
                return viewed(cx, &tx, permit, found).await;
            }
            let by = permit.caller().person()?;
            let shown = shown(cx, &tx, permit, &project, environment).await?;
            let number = match candidate {
                Some(number) => number,
                None => {
                    shown.live.map(|live| live.candidate).ok_or_else(|| Error::NothingLive(environment.to_owned()))?
                }
            };
            let is_stopped = shown.endpoint.is_some_and(|endpoint| endpoint.stopped.is_some());
            if !is_stopped && !shown.resumable.contains(&number) {
                return Err(Error::NotSuspended(environment.to_owned()));
            }
            let candidate = promotions::candidate_of(&tx, &project.id, number).await?;
            let what = (environment, candidate, PromotionKind::Resume);
            let Begun { promotion, is_new, .. } = promotions::begin(cx, &tx, &project, what, (by, None)).await?;
            if is_new {
                permit.record(&tx, None, &promotion, promotion.changed_at).await?;
            }
            once.keep(&tx, permit.caller(), &promotion.id).await?;
            viewed(cx, &tx, permit, promotion).await
        })
        .await
}

/// The stop button: what answers in the environment stops answering within a second, there and wherever else the same version does. What
/// is about to answer there ends, also where the endpoint is stopped from before.
pub(super) async fn suspend(
    cx: &Context,
    permit: &Permit<SuspendProduction>,
    project: &ProjectId,
    (environment, reason): (&'static str, &str),
) -> Result<Shown> {
    cx.db
        .write(|tx| async move {
            let project = site_of(&tx, permit, project, environment).await?;
            let (by, reason, now) = (permit.caller().person()?, reason_of(reason)?, cx.clock.now());
            let before = shown(cx, &tx, permit, &project, environment).await?;
            let Some(endpoint) = &before.endpoint else { return Err(Error::NothingLive(environment.to_owned())) };
            let stopped = endpoint.stopped.clone();
            let was_stopped = stopped.is_some();
            let deploying = before.moving.as_ref().filter(|moving| moving.state == PromotionState::Deploying);
            if let (Some(stopped), None) = (stopped, deploying) {
                // Nothing answers, and the first reason stands: another is not on record, and must not seem so.
                let is_same = stopped.by == *by && stopped.reason == reason;
                return if is_same {
                    Ok(before)
                } else {
                    Err(Error::Suspended { by: stopped.by, reason: stopped.reason })
                };
            }
            if !was_stopped {
                serving::stop(&cx.serving, &tx, &before.id, &reason, by).await?;
                catalog::live_models::suspend(&tx, &before.id, now).await?;
            }
            if let Some(deploying) = deploying {
                promotions::end_stopped(cx, &tx, deploying, (by, &reason)).await?;
                permit.entry(deploying, now).reason(&*reason).insert(&tx).await?;
            }
            if !was_stopped && let Some(answers) = answering(before.live.as_ref(), before.moving.as_ref()) {
                let candidate = promotions::candidate_of(&tx, &project.id, answers.candidate).await?;
                stop_version(cx, &tx, (&project, environment), &candidate, (by, &reason), now).await?;
                permit
                    .entry(answers, now)
                    .after(&serde_json::json!({ "suspended": candidate.model() }))
                    .reason(&*reason)
                    .insert(&tx)
                    .await?;
            }
            promotions::go_on(cx, &tx, &project.id, environment).await?;
            shown(cx, &tx, permit, &project, environment).await
        })
        .await
}

/// Returns whose candidate an endpoint answers with: what is verified took over from what is live.
fn answering<'p>(live: Option<&'p Promotion>, moving: Option<&'p Promotion>) -> Option<&'p Promotion> {
    moving.filter(|moving| moving.state == PromotionState::Verifying).or(live)
}

/// Stops a version wherever else it answers or is about to, and says so of the version.
async fn stop_version(
    cx: &Context,
    tx: &Tx,
    (project, environment): (&Project, &str),
    candidate: &Candidate,
    (by, reason): (&PersonId, &str),
    now: Timestamp,
) -> Result<()> {
    for other in ENVIRONMENTS.into_iter().filter(|other| *other != environment) {
        let id = endpoint_id(project, other)?;
        let (live, moving) = (tx.find_live(&id).await?, tx.find_moving(&id).await?);
        let is_it = |promotion: &&Promotion| promotion.candidate == candidate.number;
        if answering(live.as_ref(), moving.as_ref()).as_ref().is_some_and(is_it)
            && serving::find_endpoint(tx, &id).await?.is_some_and(|endpoint| endpoint.serving.is_some())
        {
            serving::stop(&cx.serving, tx, &id, reason, by).await?;
            catalog::live_models::suspend(tx, &id, now).await?;
        }
        let deploying = moving.as_ref().filter(|moving| moving.state == PromotionState::Deploying);
        if let Some(deploying) = deploying.filter(is_it) {
            promotions::end_stopped(cx, tx, deploying, (by, reason)).await?;
        }
        promotions::go_on(cx, tx, &project.id, other).await?;
    }
    let model = candidate.model();
    let found = tx.lock_released(&project.id, &model.model, model.version).await?;
    if let Some(version) = found.filter(|version| version.state.possible().contains(&"suspend")) {
        tx.save_released(version.suspend(reason, by, now)?).await?;
        let (project, model, version) = (project.id.clone(), model.model.clone(), model.version);
        tx.publish(VersionSuspended { project, model, version, at: now }).await?;
    }
    Ok(())
}
