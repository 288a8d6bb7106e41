use super::{ReadProduction, ResumeProduction, RollBack, SuspendProduction};
use crate::Context;
use crate::candidates::Candidate;
use crate::promotions::store::PromotionStore;
use crate::promotions::{
    self, ENVIRONMENTS, Error, Promotion, PromotionKind, PromotionState, PromotionView, Result, endpoint_id, enqueue,
    project_of, reason_of, site_of, viewed,
};
use crate::versions::ReleasedState;
use crate::versions::store::ReleasedStore;
use access::{Action, Once, Permit};
use base::{Next, PersonId, ProjectId, Securable, Timestamp, Tone};
use db::Tx;
use events::VersionSuspended;
use projects::Project;
use serving::Endpoint;

/// What is live in an environment, with what its viewer may do.
#[derive(Debug)]
pub(super) struct Shown {
    pub environment: &'static str,
    pub id: String,
    pub live: Option<Promotion>,
    pub moving: Option<Promotion>,
    pub endpoint: Option<Endpoint>,
    pub may_suspend: bool,
    pub may_resume: bool,
}

impl Shown {
    /// Returns what its viewer should know and can do.
    pub(super) fn next(&self) -> Next {
        let says = |tone, text: String, reason: String, action| Next { tone, text, reason, action };
        let stopped = self.endpoint.as_ref().and_then(|endpoint| endpoint.stopped.as_ref());
        match (stopped, &self.live, &self.moving) {
            (Some(stopped), _, _) => {
                let reason = format!("{}: {}", stopped.by, stopped.reason);
                let action = (self.may_resume && self.live.is_some()).then_some("resume_production");
                says(Tone::Bad, "Suspended: callers get `model suspended`.".to_owned(), reason, action)
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

async fn shown<A: Action>(tx: &Tx, permit: &Permit<A>, project: &Project, environment: &'static str) -> Result<Shown> {
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
    Ok(Shown { environment, id, live, moving, endpoint, may_suspend, may_resume })
}

/// Returns what is live in each environment of a project.
pub(super) async fn list(cx: &Context, permit: &Permit<ReadProduction>, project: &ProjectId) -> Result<Vec<Shown>> {
    cx.db
        .read(|tx| async move {
            let project = project_of(&tx, permit, project).await?;
            let mut found = Vec::new();
            for environment in ENVIRONMENTS {
                found.push(shown(&tx, permit, &project, environment).await?);
            }
            Ok(found)
        })
        .await
}

/// What a rollback of an endpoint brings back: what was live before, or, while another is being verified, what is.
async fn target(tx: &Tx, endpoint: &str, environment: &str) -> Result<(Promotion, Option<Promotion>)> {
    let none = || Error::NothingLive(environment.to_owned());
    let moving = tx.find_moving(endpoint).await?;
    match (tx.find_live(endpoint).await?, moving) {
        (_, Some(moving)) if moving.state == PromotionState::Deploying || moving.kind != PromotionKind::Release => {
            Err(Error::Moving { id: moving.id, environment: environment.to_owned() })
        }
        (Some(live), Some(moving)) => Ok((live, Some(moving))),
        (None, Some(_)) => Err(Error::NothingBefore(environment.to_owned())),
        (Some(live), None) => {
            let before = tx.list_was_live(endpoint).await?;
            let before = before.into_iter().find(|promotion| promotion.candidate != live.candidate);
            before.map(|before| (before, None)).ok_or_else(|| Error::NothingBefore(environment.to_owned()))
        }
        (None, None) => Err(none()),
    }
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
            let promotion = match begun_before(&tx, &endpoint, by, &reason).await? {
                Some(same) => same,
                None => begin_rollback(cx, &tx, permit, (&project, environment), &endpoint, (by, &reason)).await?,
            };
            once.keep(&tx, permit.caller(), &promotion.id).await?;
            viewed(cx, &tx, permit, promotion).await
        })
        .await
}

/// Returns the rollback that this person began for this reason, and that is still on its way.
async fn begun_before(tx: &Tx, endpoint: &str, by: &PersonId, reason: &str) -> Result<Option<Promotion>> {
    let moving = tx.find_moving(endpoint).await?;
    Ok(moving.filter(|moving| {
        moving.kind == PromotionKind::Rollback && moving.asked_by == *by && moving.reason.as_deref() == Some(reason)
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
    let (target, verified) = target(tx, endpoint, environment).await?;
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

/// Asks that what was suspended answers again: a promotion of what is live, through the gates.
pub(super) async fn resume(
    cx: &Context,
    permit: &Permit<ResumeProduction>,
    once: &Once,
    project: &ProjectId,
    environment: &'static str,
) -> Result<PromotionView> {
    cx.db
        .write(|tx| async move {
            let project = site_of(&tx, permit, project, environment).await?;
            if let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? {
                let found = tx.find_promotion(&kept).await?.ok_or(Error::NotFound(kept))?;
                return viewed(cx, &tx, permit, found).await;
            }
            let by = permit.caller().person()?;
            let shown = shown(&tx, permit, &project, environment).await?;
            let live = shown.live.ok_or_else(|| Error::NothingLive(environment.to_owned()))?;
            if shown.endpoint.is_none_or(|endpoint| endpoint.stopped.is_none()) {
                return Err(Error::NotSuspended(environment.to_owned()));
            }
            let candidate = promotions::candidate_of(&tx, &project.id, live.candidate).await?;
            let what = (environment, candidate, PromotionKind::Resume);
            let (before, promotion) = promotions::begin(cx, &tx, &project, what, (by, None)).await?;
            if promotion.created_at == promotion.changed_at
                && before.is_none()
                && promotion.created_at == cx.clock.now()
            {
                permit.record(&tx, None, &promotion, promotion.changed_at).await?;
            }
            once.keep(&tx, permit.caller(), &promotion.id).await?;
            viewed(cx, &tx, permit, promotion).await
        })
        .await
}

/// The stop button: what is live in the environment stops answering within a second, there and wherever else the same version is live.
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
            let before = shown(&tx, permit, &project, environment).await?;
            if before.endpoint.is_none() {
                return Err(Error::NothingLive(environment.to_owned()));
            }
            if before.endpoint.as_ref().is_some_and(|endpoint| endpoint.stopped.is_some()) {
                return Ok(before); // it is stopped, and the first reason stands
            }
            serving::stop(&cx.serving, &tx, &before.id, &reason, by).await?;
            if let Some(live) = &before.live {
                let candidate = promotions::candidate_of(&tx, &project.id, live.candidate).await?;
                stop_version(cx, &tx, (&project, environment), &candidate, (by, &reason), now).await?;
                permit
                    .entry(live, now)
                    .after(&serde_json::json!({ "suspended": candidate.model() }))
                    .reason(&*reason)
                    .insert(&tx)
                    .await?;
            }
            promotions::go_on(cx, &tx, &project.id, environment).await?;
            shown(&tx, permit, &project, environment).await
        })
        .await
}

/// Stops a version wherever else it is live, and says so of the version.
async fn stop_version(
    cx: &Context,
    tx: &Tx,
    (project, environment): (&Project, &str),
    candidate: &Candidate,
    (by, reason): (&PersonId, &str),
    now: Timestamp,
) -> Result<()> {
    for other in ENVIRONMENTS {
        let id = endpoint_id(project, other)?;
        if other != environment
            && tx.find_live(&id).await?.is_some_and(|live| live.candidate == candidate.number)
            && serving::find_endpoint(tx, &id).await?.is_some_and(|endpoint| endpoint.serving.is_some())
        {
            serving::stop(&cx.serving, tx, &id, reason, by).await?;
        }
    }
    let model = candidate.model();
    let found = tx.lock_released(&project.id, &model.model, model.version).await?;
    if let Some(version) = found.filter(|version| version.state == ReleasedState::Approved) {
        tx.save_released(version.suspend(reason, by, now)?).await?;
        let (project, model, version) = (project.id.clone(), model.model.clone(), model.version);
        tx.publish(VersionSuspended { project, model, version, at: now }).await?;
    }
    Ok(())
}
