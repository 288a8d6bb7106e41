//! Reads the times that a project's transitions wrote.
use super::marks::{Marks, Span};
use super::model::{Measured, Outcome, Stage};
use base::{DatasetId, Timestamp};
use catalog::requests::{Request, RequestKind, RequestState};
use db::{Result, Tx};
use delivery::candidates::Candidate;
use delivery::promotions::{Promotion, PromotionKind, PromotionState};
use environments::InstanceState;
use projects::Project;
use runs::{Reason, Run};

/// How many requests, candidates, promotions and runs of a project are looked at.
const MOST: u32 = 500;
/// How many runs.
const MOST_RUNS: u64 = 5_000;
/// How many changes of promotions.
const MOST_CHANGES: u32 = 5_000;

/// What is known of a project.
#[derive(Debug)]
pub(super) struct Known {
    pub project: Project,
    pub requests: Vec<Request>,
    /// The oldest first.
    pub runs: Vec<Run>,
    /// The oldest first.
    pub candidates: Vec<Candidate>,
    pub promotions: Vec<Promotion>,
    pub marks: Marks,
    pub now: Timestamp,
}

/// Reads what is known of a project. Joins the transaction.
pub(super) async fn known(tx: &Tx, project: Project, now: Timestamp) -> Result<Known> {
    let requests = catalog::requests::asked_for(tx, &project.id, MOST.into()).await?;
    let runs = runs::of_project(tx, &project.id, MOST_RUNS).await?;
    let mut candidates = delivery::candidates::of_project(tx, &project.id, MOST).await?;
    candidates.reverse();
    let promotions = delivery::promotions::of_project(tx, &project.id, MOST).await?;
    let mut marks = Marks::default();
    for request in &requests {
        if let Some(submission) = &request.submission {
            let until = decided_at(request).or(ended_at(tx, request, now).await?);
            marks.people.push(Span::new(submission.at, until.unwrap_or(now)));
        }
    }
    marks.machines.push(Span::new(project.created_at, provisioned(&project).unwrap_or(now)));
    marks.machines.extend(runs.iter().map(|run| Span::new(run.created_at, run.ended_at.unwrap_or(now))));
    for (span, state) in states(tx, &promotions, now).await? {
        match state.as_str() {
            "awaiting_approval" => marks.people.push(span),
            "checking" | "deploying" | "verifying" => marks.machines.push(span),
            _ => {}
        }
    }
    Ok(Known { project, requests, runs, candidates, promotions, marks, now })
}

/// Returns until when a project's environments were made; none while they are.
fn provisioned(project: &Project) -> Option<Timestamp> {
    project.available_at.or((project.state == InstanceState::Error).then_some(project.changed_at))
}

fn decided_at(request: &Request) -> Option<Timestamp> {
    request.decided.as_ref().map(|decided| decided.at)
}

/// Returns when a request came to an end that nobody decided.
async fn ended_at(tx: &Tx, request: &Request, now: Timestamp) -> Result<Option<Timestamp>> {
    if !matches!(request.state, RequestState::Withdrawn | RequestState::ExpiredUnanswered) {
        return Ok(None);
    }
    let resource = format!("request/{}", request.id);
    let last = access::audit::last_entry(tx, &resource, &["WithdrawRequest", "ExpireRequest"], now).await?;
    Ok(last
        .map(|placed| placed.entry.at)
        .or(request.submission.as_ref().map(|submission| submission.answer_by.min(now))))
}

/// Returns in which state promotions were from when until when, from what was recorded of each change.
async fn states(tx: &Tx, promotions: &[Promotion], now: Timestamp) -> Result<Vec<(Span, String)>> {
    let about: Vec<String> = promotions.iter().map(|promotion| format!("promotion/{}", promotion.id)).collect();
    let mut found = Vec::new();
    if about.is_empty() {
        return Ok(found);
    }
    let (mut entries, _) = access::audit::entries_about(tx, &about, MOST_CHANGES).await?;
    entries.reverse();
    for promotion in &about {
        let mut last: Option<(Timestamp, String)> = None;
        for placed in entries.iter().filter(|placed| placed.entry.resource == *promotion) {
            let Some(state) = placed.entry.after.as_ref().and_then(|after| after["state"].as_str()) else { continue };
            if let Some((from, before)) = last.replace((placed.entry.at, state.to_owned())) {
                found.push((Span::new(from, placed.entry.at), before));
            }
        }
        found.extend(last.map(|(from, state)| (Span::new(from, now), state)));
    }
    Ok(found)
}

/// Why the stage `value` is open where nothing is known of calls from outside.
const NO_CALL: &str = "no production prediction asked for by someone outside the project is on record";

/// Measures every way through every stage. Joins the transaction.
pub(super) async fn measure(tx: &Tx, known: &Known) -> Result<Vec<Measured>> {
    let mut found = Vec::new();
    for request in known.requests.iter().filter(|request| request.kind == RequestKind::Read) {
        found.extend(find(tx, known, request).await?);
        found.extend(access(tx, known, request).await?);
    }
    found.push(environment(known));
    found.extend(prove(known));
    found.extend(known.candidates.iter().map(|candidate| release(known, candidate)));
    let outcome = serving::first_outside_call(tx, &known.project.id).await?.map_or(Outcome::Open, Outcome::Arrived);
    let note = (outcome == Outcome::Open).then(|| NO_CALL.to_owned());
    let value = known.measured(Stage::Value, about(known), (known.project.created_at, outcome));
    found.push(Measured { note, ..value });
    Ok(found)
}

fn about(known: &Known) -> String {
    format!("project {}", known.project.id)
}

impl Known {
    fn measured(&self, stage: Stage, about: String, what: (Timestamp, Outcome)) -> Measured {
        Measured::of(stage, about, what, (&self.marks, self.now))
    }
}

async fn find(tx: &Tx, known: &Known, request: &Request) -> Result<Option<Measured>> {
    let look = catalog::looks::first(tx, &request.asked_by, &DatasetId(request.object.clone())).await?;
    let submitted = request.submission.as_ref().map(|submission| submission.at);
    // Who first looked after they had asked did not find it by looking.
    let Some(look) = look.filter(|look| submitted.is_none_or(|at| *look <= at)) else { return Ok(None) };
    let outcome = match (submitted, request.state) {
        (Some(at), _) => Outcome::Arrived(at),
        (None, RequestState::Withdrawn) => {
            let at = ended_at(tx, request, known.now).await?.unwrap_or(look);
            Outcome::Ended(at, "the request was withdrawn".to_owned())
        }
        (None, _) => Outcome::Open,
    };
    Ok(Some(known.measured(Stage::Find, format!("request {}", request.id), (look, outcome))))
}

async fn access(tx: &Tx, known: &Known, request: &Request) -> Result<Option<Measured>> {
    let Some(submission) = &request.submission else { return Ok(None) };
    let first = match catalog::grants::of_request(tx, &request.id).await? {
        Some(grant) => query::first_read_under(tx, &grant).await?,
        None => None,
    };
    let outcome = match (first, request.state) {
        (Some(at), _) => Outcome::Arrived(at),
        (None, RequestState::Rejected | RequestState::Withdrawn | RequestState::ExpiredUnanswered) => {
            let at = decided_at(request).or(ended_at(tx, request, known.now).await?).unwrap_or(submission.at);
            Outcome::Ended(at, format!("the request is {}", request.state))
        }
        (None, _) => Outcome::Open,
    };
    Ok(Some(known.measured(Stage::Access, format!("request {}", request.id), (submission.at, outcome))))
}

fn environment(known: &Known) -> Measured {
    let outcome = known.project.available_at.map_or(Outcome::Open, Outcome::Arrived);
    known.measured(Stage::Environment, about(known), (known.project.created_at, outcome))
}

fn prove(known: &Known) -> Option<Measured> {
    let dev = format!("{}/dev", known.project.id);
    // That an environment works is seen by a run, too; it proves nothing.
    let first = known.runs.iter().find(|run| run.environment.as_str() == dev && run.why != Reason::Smoke)?;
    let candidate = known.candidates.first();
    let outcome = candidate.map_or(Outcome::Open, |candidate| Outcome::Arrived(candidate.created_at));
    Some(known.measured(Stage::Prove, format!("run {}", first.id), (first.created_at, outcome)))
}

fn release(known: &Known, candidate: &Candidate) -> Measured {
    let own: Vec<&Promotion> = known.promotions.iter().filter(|one| one.candidate == candidate.number).collect();
    let is_release = |one: &&Promotion| one.environment == "prod" && one.kind == PromotionKind::Release;
    let live_at = own.iter().copied().filter(is_release).filter_map(|one| one.live_at).min();
    // A later candidate went live: this one is not waited for any more.
    let later = known.promotions.iter().filter(|one| one.candidate > candidate.number).filter(is_release);
    let passed_by = later.filter_map(|one| one.live_at).min();
    let is_open = own.iter().any(|one| one.state.is_open() || one.state == PromotionState::Live);
    let last_end = own.iter().filter(|one| one.kind == PromotionKind::Release).filter_map(|one| one.ended_at).max();
    let outcome = match (live_at, last_end, passed_by) {
        (Some(at), _, _) => Outcome::Arrived(at),
        (None, Some(at), _) if !is_open => {
            let last = own.iter().filter(|one| one.ended_at == Some(at)).map(|one| one.state).next();
            Outcome::Ended(at, format!("its promotion is {}", last.map_or("over", PromotionState::as_str)))
        }
        (None, _, Some(at)) => Outcome::Ended(at, "a later candidate went live".to_owned()),
        (None, _, None) => Outcome::Open,
    };
    known.measured(Stage::Release, format!("candidate {}", candidate.number), (candidate.created_at, outcome))
}
