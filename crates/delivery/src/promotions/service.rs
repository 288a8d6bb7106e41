use super::advance::{decider_of, restore, roll_out};
use super::error::{Error, Result};
use super::facts::{Facts, facts_of};
use super::gates::{GateState, gates};
use super::hands::{authors_now, is_counted_from_live};
use super::model::{Decision, Promotion, PromotionKind, PromotionState, Site};
use super::store::{After, PromotionStore};
use super::view::{PromotionView, viewed};
use super::{AbandonPromotion, CreatePromotion, DecidePromotion, ENVIRONMENTS, PREPROD, PROD, ReadPromotion, enqueue};
use crate::candidates::store::CandidateStore;
use crate::candidates::{Candidate, endpoint_of};
use crate::production::RollBack;
use crate::{Context, gates as policies};
use access::audit::{self, Entry};
use access::{Action, Once, Permit, Refused};
use base::{EnvironmentId, PersonId, ProjectId, Securable, Timestamp};
use db::Tx;
use projects::Project;

/// How many promotions that wait are looked through for those that somebody may decide.
const MOST_WAITING: u32 = 500;

/// Returns the name of an environment that candidates enter.
///
/// # Errors
/// [`Error::Environment`].
pub(crate) fn environment_of(name: &str) -> Result<&'static str> {
    let found = ENVIRONMENTS.into_iter().find(|known| *known == name);
    found.ok_or_else(|| Error::Environment(crate::shown(name, 60)))
}

/// Returns the name that the endpoint of a project is called by in an environment.
pub(crate) fn endpoint_id(project: &Project, environment: &str) -> Result<String> {
    let environment = EnvironmentId(format!("{}/{environment}", project.id));
    Ok(serving::endpoint_id(&environment, &endpoint_of(project)).map_err(serving::Error::from)?)
}

/// Returns project `id` if the caller may do `A` to it as a whole.
pub(crate) async fn project_of<A: Action>(tx: &Tx, permit: &Permit<A>, id: &ProjectId) -> Result<Project> {
    let found = permit.on(tx, projects::find(tx, id).await?).await?;
    found.map(|(project, _)| project).ok_or_else(|| Error::ProjectNotFound(crate::shown(id.as_str(), 63)))
}

/// Returns project `id` if the caller may do `A` in one of its environments.
pub(crate) async fn site_of<A: Action>(
    tx: &Tx,
    permit: &Permit<A>,
    id: &ProjectId,
    environment: &str,
) -> Result<Project> {
    let found = projects::find(tx, id).await?;
    let site = found.as_ref().map(|project| site(project, environment));
    let seen = permit.on(tx, site).await?.is_some();
    found.filter(|_| seen).ok_or_else(|| Error::ProjectNotFound(crate::shown(id.as_str(), 63)))
}

fn site(project: &Project, environment: &str) -> Site {
    Site { project: project.id.clone(), environment: environment.to_owned(), team: Some(project.team.clone()) }
}

/// Returns a candidate of a project.
pub(crate) async fn candidate_of(tx: &Tx, project: &ProjectId, number: i64) -> Result<Candidate> {
    let absent = || Error::CandidateNotFound { project: crate::shown(project.as_str(), 63), number };
    tx.find_candidate(project, number).await?.ok_or_else(absent)
}

/// Puts an entry about what the server did to a promotion into the audit log.
pub(super) async fn record(tx: &Tx, action: &str, before: Option<&Promotion>, after: &Promotion) -> db::Result<()> {
    let json = |promotion: &Promotion| serde_json::to_value(promotion).map_err(db::sql::unknown);
    let resource = after.resource();
    let mut entry = Entry::new(after.changed_at, crate::ACTOR, action, format!("{}/{}", resource.kind, resource.id));
    entry.on_behalf_of = Some(format!("person:{}", after.asked_by));
    entry.before = before.map(json).transpose()?;
    entry.after = Some(json(after)?);
    entry.reason.clone_from(&after.reason);
    audit::insert(tx, &entry).await
}

/// Returns a promotion that nobody has asked for yet.
fn fresh(
    cx: &Context,
    project: &Project,
    (environment, candidate, kind): (&str, &Candidate, PromotionKind),
    (by, policy): (&PersonId, i64),
    now: Timestamp,
) -> Result<Promotion> {
    Ok(Promotion {
        id: cx.ids.next("pm"),
        project: project.id.clone(),
        environment: environment.to_owned(),
        team: Some(project.team.clone()),
        endpoint: endpoint_id(project, environment)?,
        candidate: candidate.number,
        digest: candidate.digest,
        kind,
        state: PromotionState::Offered,
        reason: None,
        policy,
        asked_by: by.clone(),
        asked_at: None,
        authors: None,
        rollout: None,
        run: None,
        answered_before: None,
        bakes_until: None,
        due_at: None,
        created_at: now,
        changed_at: now,
        live_at: None,
        ended_at: None,
        approvals: Vec::new(),
        revision: 1,
    })
}

/// Offers a new candidate to preprod. Joins the transaction.
pub(crate) async fn offer(cx: &Context, tx: &Tx, project: &Project, candidate: &Candidate) -> Result<()> {
    let policy = policies::in_force(tx, project, PREPROD).await?.version;
    let what = (PREPROD, candidate, PromotionKind::Release);
    let promotion = fresh(cx, project, what, (&candidate.made_by, policy), candidate.created_at)?;
    tx.insert_promotion(&promotion).await?;
    Ok(record(tx, "OfferPromotion", None, &promotion).await?)
}

/// What asking for a promotion came to.
#[derive(Debug)]
pub(crate) struct Begun {
    /// It as it was offered, if it was.
    pub before: Option<Promotion>,
    pub promotion: Promotion,
    /// Whether this call began it; else the same person asked before.
    pub is_new: bool,
}

/// Begins a promotion that somebody asks for; its gates are looked at by its job. Joins the transaction.
///
/// # Errors
/// A gate that is closed for good.
pub(crate) async fn begin(
    cx: &Context,
    tx: &Tx,
    project: &Project,
    (environment, candidate, kind): (&str, Candidate, PromotionKind),
    (by, reason): (&PersonId, Option<&str>),
) -> Result<Begun> {
    let now = cx.clock.now();
    let open = tx.find_open(&project.id, environment, candidate.number, kind.as_str()).await?;
    if let Some(open) = &open
        && open.state != PromotionState::Offered
    {
        if open.asked_by != *by {
            return open.not_possible("check");
        }
        return Ok(Begun { before: None, promotion: open.clone(), is_new: false });
    }
    let facts = facts_of(tx, project, environment, candidate, now).await?;
    if let Some(closed) = hard(kind, None, &facts) {
        return Err(Error::Closed(closed));
    }
    let policy = facts.policy.version;
    let what = (environment, &facts.candidate, kind);
    let offered = match open.clone() {
        Some(open) => open,
        None => fresh(cx, project, what, (by, policy), now)?,
    };
    let asked = offered.check(by, policy, now)?.waits_for(reason.map(str::to_owned));
    let saved = match &open {
        Some(_) => tx.save_promotion(asked).await?,
        None => {
            tx.insert_promotion(&asked).await.map_err(stale)?;
            asked
        }
    };
    enqueue(cx, tx, &saved, now).await?;
    Ok(Begun { before: open, promotion: saved, is_new: true })
}

/// Begins a rollback: its candidate was through the gates once, so it goes straight to the endpoint. Joins the transaction.
///
/// # Errors
/// A version that may not serve; a rollout that is on its way.
pub(crate) async fn begin_rollback(
    cx: &Context,
    tx: &Tx,
    project: &Project,
    (environment, candidate): (&'static str, Candidate),
    (by, reason): (&PersonId, &str),
) -> Result<Promotion> {
    let (kind, now) = (PromotionKind::Rollback, cx.clock.now());
    let facts = facts_of(tx, project, environment, candidate, now).await?;
    if let Some(closed) = hard(kind, None, &facts) {
        return Err(Error::Closed(closed));
    }
    let policy = facts.policy.version;
    let offered = fresh(cx, project, (environment, &facts.candidate, kind), (by, policy), now)?;
    let awaiting = offered.check(by, policy, now)?.await_approval(now)?;
    let rollout = roll_out(cx, tx, &awaiting, &facts.candidate, by).await?;
    let all = gates(kind, Some(&awaiting), &facts);
    let deploying = awaiting.deploy(&all, rollout.as_str(), now)?.waits_for(Some(reason.to_owned()));
    tx.insert_promotion(&deploying).await.map_err(stale)?;
    Ok(deploying)
}

/// Ends a promotion that was being verified, since somebody rolls back. Joins the transaction.
pub(crate) async fn end_rolled_back(tx: &Tx, promotion: &Promotion, reason: &str, now: Timestamp) -> Result<()> {
    let saved = tx.save_promotion(promotion.roll_back(reason, now)?).await?;
    record(tx, "RollBackPromotion", Some(promotion), &saved).await?;
    Ok(super::advance::tell_end(tx, &saved).await?)
}

/// Ends a promotion that is about to answer, since somebody stops its endpoint. Joins the transaction.
pub(crate) async fn end_stopped(
    cx: &Context,
    tx: &Tx,
    promotion: &Promotion,
    (by, reason): (&PersonId, &str),
) -> Result<()> {
    let saved = tx.save_promotion(promotion.abandon(reason, cx.clock.now())?).await?;
    record(tx, "AbandonPromotion", Some(promotion), &saved).await?;
    restore(cx, tx, promotion, by).await?;
    Ok(super::advance::tell_end(tx, &saved).await?)
}

/// Returns why an environment cannot go back to a candidate, if so. Joins the transaction.
pub(crate) async fn why_not_back(
    cx: &Context,
    tx: &Tx,
    project: &Project,
    environment: &str,
    candidate: Candidate,
) -> Result<Option<String>> {
    let facts = facts_of(tx, project, environment, candidate, cx.clock.now()).await?;
    Ok(hard(PromotionKind::Rollback, None, &facts))
}

/// Another did the same at the same time: the next try finds it.
pub(super) fn stale(error: db::Error) -> Error {
    match error {
        db::Error::Taken => db::Error::Stale.into(),
        other => other.into(),
    }
}

/// Returns what closes a gate for good: no approval and no waiting opens it again for this candidate.
pub(super) fn hard(kind: PromotionKind, promotion: Option<&Promotion>, facts: &Facts) -> Option<String> {
    let all = gates(kind, promotion, facts);
    let closed = all.iter().find(|gate| {
        gate.state == GateState::Failed && matches!(gate.name, "checks" | "previous_environment" | "version" | "grants")
    });
    closed.map(|gate| format!("{}: {}", gate.name, gate.note))
}

/// Asks that a candidate enters an environment.
pub(super) async fn create(
    cx: &Context,
    permit: &Permit<CreatePromotion>,
    once: &Once,
    project: &ProjectId,
    (number, environment): (i64, &'static str),
) -> Result<PromotionView> {
    cx.db
        .write(|tx| async move {
            let project = site_of(&tx, permit, project, environment).await?;
            if let Some(kept) = once.kept::<String>(&tx, permit.caller()).await? {
                let found = tx.find_promotion(&kept).await?.ok_or(Error::NotFound(kept))?;
                return viewed(cx, &tx, permit, found).await;
            }
            let by = permit.caller().person()?;
            let candidate = candidate_of(&tx, &project.id, number).await?;
            let endpoint = endpoint_id(&project, environment)?;
            if tx.find_live(&endpoint).await?.is_some_and(|live| live.candidate == number) {
                return Err(Error::IsLive { number, environment: environment.to_owned() });
            }
            let what = (environment, candidate, PromotionKind::Release);
            let Begun { before, promotion, is_new } = begin(cx, &tx, &project, what, (by, None)).await?;
            if is_new {
                permit.record(&tx, before.as_ref(), &promotion, promotion.changed_at).await?;
            }
            once.keep(&tx, permit.caller(), &promotion.id).await?;
            viewed(cx, &tx, permit, promotion).await
        })
        .await
}

/// Locks promotion `id` and decides whether the caller may do this to it.
async fn locked<A: Action>(tx: &Tx, permit: &Permit<A>, id: &str) -> Result<Promotion> {
    let found = permit.on(tx, tx.lock_promotion(id).await?).await?;
    found.map(|(promotion, _)| promotion).ok_or_else(|| Error::NotFound(crate::shown(id, 60)))
}

/// Returns the project of a promotion.
pub(crate) async fn project_by(tx: &Tx, promotion: &Promotion) -> Result<Project> {
    let absent = || Error::ProjectNotFound(promotion.project.to_string());
    projects::find(tx, &promotion.project).await?.ok_or_else(absent)
}

/// Approves or rejects promotion `id`.
pub(super) async fn decide(
    cx: &Context,
    permit: &Permit<DecidePromotion>,
    id: &str,
    (decision, comment): (Decision, Option<&str>),
) -> Result<PromotionView> {
    // Asked of git before the door, so that who may not see it learns nothing by the time that takes: the door comes first.
    cx.db.read(|tx| async move { seen(&tx, permit, id).await.map(|_| ()) }).await?;
    let authors = &match authors_now(cx, id).await {
        Err(Error::AuthorsUnreadable) => None,
        found => Some(found?),
    };
    cx.db
        .write(|tx| async move {
            let before = locked(&tx, permit, id).await?;
            let by = permit.caller().person()?;
            let said = comment.map(str::trim).filter(|text| !text.is_empty());
            let again = before.approvals.iter().find(|approval| approval.by == *by && approval.policy == before.policy);
            if again.is_some_and(|again| again.decision == decision && again.comment.as_deref() == said) {
                return viewed(cx, &tx, permit, before).await;
            }
            before.check_awaits()?;
            let authors = authors.clone().ok_or(Error::AuthorsUnreadable)?;
            let (project, now) = (project_by(&tx, &before).await?, cx.clock.now());
            let candidate = candidate_of(&tx, &project.id, before.candidate).await?;
            let Some(authors) = authors else { return Err(db::Error::Stale.into()) };
            if !is_counted_from_live(&tx, &project, &before, &candidate, &authors).await? {
                return Err(db::Error::Stale.into());
            }
            let facts = facts_of(&tx, &project, &before.environment, candidate, now).await?;
            let decider = decider_of(&tx, by, &facts).await?;
            let current = before.under(facts.policy.version).with_authors(authors);
            let saved = tx.save_promotion(current.decide(&decider, decision, comment, now)?).await?;
            let entry = permit.entry(&saved, now).before(&before).after(&saved);
            let entry = said.into_iter().fold(entry, access::Draft::reason);
            entry.insert(&tx).await?;
            if saved.state == PromotionState::Rejected {
                super::advance::tell_end(&tx, &saved).await?;
            } else {
                enqueue(cx, &tx, &saved, now).await?;
            }
            viewed(cx, &tx, permit, saved).await
        })
        .await
}

/// Gives promotion `id` up: what was live before serves on, or again.
pub(super) async fn abandon(
    cx: &Context,
    permit: &Permit<AbandonPromotion>,
    id: &str,
    reason: &str,
) -> Result<PromotionView> {
    cx.db
        .write(|tx| async move {
            let before = locked(&tx, permit, id).await?;
            let by = permit.caller().person()?;
            if before.state == PromotionState::Abandoned && before.reason.as_deref() == Some(reason.trim()) {
                return viewed(cx, &tx, permit, before).await;
            }
            if before.kind != PromotionKind::Release || (before.environment == PROD && before.state.is_moving()) {
                check_may_roll_back(&tx, permit, &before).await?;
            }
            let now = cx.clock.now();
            let after = before.abandon(reason, now)?;
            let saved = tx.save_promotion(after).await?;
            if before.state.is_moving() {
                restore(cx, &tx, &before, by).await?;
            }
            permit.entry(&saved, now).before(&before).after(&saved).reason(reason.trim()).insert(&tx).await?;
            super::advance::tell_end(&tx, &saved).await?;
            viewed(cx, &tx, permit, saved).await
        })
        .await
}

/// A way back is given up by those who may take one: else somebody else could keep what is bad answering. So is what callers of prod
/// are answered by already.
async fn check_may_roll_back<A: Action>(tx: &Tx, permit: &Permit<A>, promotion: &Promotion) -> Result<()> {
    let resource = promotion.resource();
    match permit.can::<RollBack>(tx, &resource).await? {
        Some(_) => Ok(()),
        None => Err(Refused::Forbidden(A::NAME, resource.kind, resource.id).into()),
    }
}

async fn seen<A: Action>(tx: &Tx, permit: &Permit<A>, id: &str) -> Result<Promotion> {
    let found = permit.on(tx, tx.find_promotion(id).await?).await?;
    found.map(|(promotion, _)| promotion).ok_or_else(|| Error::NotFound(crate::shown(id, 60)))
}

/// Returns promotion `id`.
pub(super) async fn get(cx: &Context, permit: &Permit<ReadPromotion>, id: &str) -> Result<PromotionView> {
    cx.db
        .read(|tx| async move {
            let promotion = seen(&tx, permit, id).await?;
            viewed(cx, &tx, permit, promotion).await
        })
        .await
}

/// Returns a page of a project's promotions, the newest first, and how many there are.
pub(super) async fn list(
    cx: &Context,
    permit: &Permit<ReadPromotion>,
    project: &ProjectId,
    environment: Option<&str>,
    (after, limit): (Option<&After>, u32),
) -> Result<(Vec<PromotionView>, u64)> {
    cx.db
        .read(|tx| async move {
            project_of(&tx, permit, project).await?;
            let mut found = Vec::new();
            for promotion in tx.list_promotions(project, environment, after, limit).await? {
                found.push(viewed(cx, &tx, permit, promotion).await?);
            }
            Ok((found, tx.count_promotions(project, environment).await?))
        })
        .await
}

/// Returns the promotions that wait for the caller's approval, the oldest first.
pub(super) async fn list_decisions(cx: &Context, permit: &Permit<DecidePromotion>) -> Result<Vec<PromotionView>> {
    cx.db
        .read(|tx| async move {
            let by = permit.caller().person()?;
            let visible = permit.visible(&tx).await?;
            let mut found = Vec::new();
            for promotion in tx.list_awaiting(&visible, MOST_WAITING).await? {
                let project = project_by(&tx, &promotion).await?;
                let candidate = candidate_of(&tx, &project.id, promotion.candidate).await?;
                let now = cx.clock.now();
                let facts = facts_of(&tx, &project, &promotion.environment, candidate, now).await?;
                let decider = decider_of(&tx, by, &facts).await?;
                if promotion.under(facts.policy.version).may_decide(&decider).is_ok() {
                    found.push(viewed(cx, &tx, permit, promotion).await?);
                }
            }
            Ok(found)
        })
        .await
}

/// Has every promotion into an environment looked at again. Joins the transaction.
pub(crate) async fn go_on(cx: &Context, tx: &Tx, project: &ProjectId, environment: &str) -> Result<()> {
    for id in tx.list_going_into(project, environment).await? {
        if let Some(promotion) = tx.find_promotion(&id).await? {
            enqueue(cx, tx, &promotion, cx.clock.now()).await?;
        }
    }
    Ok(())
}
