//! What somebody who decides on a candidate should look at: what changed since what is live, who is affected, what if nothing is done.
use super::http::CandidateView;
use super::service::Shown;
use super::store::CandidateStore;
use super::{Candidate, DatasetVersion, ReadCandidate};
use crate::Context;
use crate::gates::JudgedCheck;
use crate::gates::judge::number;
use crate::promotions::{
    CreatePromotion, Facts, Gate, PromotionKind, PromotionState, PromotionView, Result, facts_of, gates, viewed,
};
use access::Permit;
use base::{Next, Securable, Timestamp, Tone};
use db::Tx;
use projects::Project;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How many differences of one sort are shown.
const MOST: usize = 100;

/// One thing that differs from what is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CandidateChange)]
pub struct ChangeView {
    pub what: String,
    /// As it is live; null where nothing is, or where it is new.
    pub before: Option<String>,
    pub after: String,
}

/// What somebody who decides on a candidate should look at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReviewView {
    pub candidate: CandidateView,
    /// `preprod` or `prod`.
    pub environment: String,
    /// The promotion that is on its way there, or was last.
    pub promotion: Option<PromotionView>,
    /// The number of the candidate that is live there.
    pub live: Option<i64>,
    pub changes: Vec<ChangeView>,
    /// What and whom it touches.
    pub affected: Vec<String>,
    /// What stays as it is without a decision.
    pub if_nothing: String,
    pub gates: Vec<Gate>,
    pub next: Next,
}

/// Puts the review of a candidate together. Joins the transaction.
pub(super) async fn review(
    cx: &Context,
    tx: &Tx,
    permit: &Permit<ReadCandidate>,
    (project, environment): (&Project, &'static str),
    shown: Shown,
    now: Timestamp,
) -> Result<ReviewView> {
    let found = shown.promotions.iter().find(|promotion| promotion.environment == environment).cloned();
    let facts = facts_of(tx, project, environment, shown.candidate.clone(), now).await?;
    let live = match &facts.live {
        Some(live) => tx.find_candidate(&project.id, live.candidate).await?,
        None => None,
    };
    let open = found.as_ref().filter(|promotion| promotion.state.is_open());
    let kind = open.map_or(PromotionKind::Release, |promotion| promotion.kind);
    let stands = open.or(found.as_ref().filter(|promotion| promotion.state == PromotionState::Live));
    let all = gates(kind, stands, &facts);
    let changes = changes(live.as_ref(), &facts.candidate, &facts.checks);
    let (affected, if_nothing) =
        (affected(project, environment, &facts, live.as_ref()), if_nothing(environment, &facts));
    let (promotion, next) = match found {
        Some(promotion) => {
            let view = viewed(cx, tx, permit, promotion).await?;
            let next = view.next.clone();
            (Some(view), next)
        }
        None => {
            let may = permit.can::<CreatePromotion>(tx, &project.resource()).await?.is_some();
            (None, next(environment, &all, may))
        }
    };
    // A promotion that ended may be asked for anew.
    let next = match &promotion {
        Some(view) if !view.state.is_open() && view.state != PromotionState::Live => {
            let may = permit.can::<CreatePromotion>(tx, &project.resource()).await?.is_some();
            self::next(environment, &all, may)
        }
        _ => next,
    };
    Ok(ReviewView {
        live: live.as_ref().map(|live| live.number),
        candidate: CandidateView::from(shown),
        environment: environment.to_owned(),
        promotion,
        changes,
        affected,
        if_nothing,
        gates: all,
        next,
    })
}

fn next(environment: &str, gates: &[Gate], may: bool) -> Next {
    use crate::promotions::GateState;
    match gates.iter().find(|gate| gate.state == GateState::Failed) {
        Some(closed) => Next {
            tone: Tone::Bad,
            text: format!("It cannot be promoted to {environment}."),
            reason: format!("{}: {}", closed.name, closed.note),
            action: None,
        },
        None => Next {
            tone: Tone::Waiting,
            text: format!("It may be promoted to {environment}."),
            reason: "Nobody has asked for it yet".to_owned(),
            action: may.then_some("create_promotion"),
        },
    }
}

/// Returns what differs from what is live; all of it where nothing is.
fn changes(live: Option<&Candidate>, candidate: &Candidate, checks: &[JudgedCheck]) -> Vec<ChangeView> {
    let mut found = Vec::new();
    let mut add = |what: &str, before: Option<String>, after: String| {
        if before.as_deref() != Some(after.as_str()) {
            found.push(ChangeView { what: what.to_owned(), before, after });
        }
    };
    let commit = |one: &Candidate| format!("{} {}", crate::short(&one.content.commit), one.subject);
    let model = |one: &Candidate| format!("{} version {}", one.model().model, one.model().version);
    let digest = |of: Option<base::Digest>| of.map_or("none".to_owned(), |digest| crate::short(&digest.to_string()));
    let purposes = |one: &Candidate| {
        let named: Vec<&str> = one.content.purposes.iter().map(base::PurposeId::as_str).collect();
        if named.is_empty() { "none: no governed data is behind it".to_owned() } else { named.join(", ") }
    };
    add("commit", live.map(commit), commit(candidate));
    add("model version", live.map(model), model(candidate));
    add("packages", live.map(|live| digest(live.content.lock)), digest(candidate.content.lock));
    let pipeline = |one: &Candidate| digest(Some(one.content.pipeline));
    add("pipeline", live.map(pipeline), pipeline(candidate));
    let endpoint = |one: &Candidate| one.content.serving.endpoint.clone();
    add("endpoint", live.map(endpoint), endpoint(candidate));
    add("inputs", live.map(inputs), inputs(candidate));
    add("purposes", live.map(purposes), purposes(candidate));
    let versions = |one: &Candidate| -> BTreeMap<String, i64> {
        let named = |one: &DatasetVersion| (one.dataset.0.clone(), one.version);
        one.content.datasets.iter().map(named).collect()
    };
    let (before, after) = (live.map(versions).unwrap_or_default(), versions(candidate));
    for (dataset, version) in after.iter().take(MOST) {
        let was = before.get(dataset).map(|version| format!("version {version}"));
        add(&format!("dataset {dataset}"), was, format!("version {version}"));
    }
    for (dataset, version) in before.iter().filter(|(dataset, _)| !after.contains_key(*dataset)).take(MOST) {
        add(&format!("dataset {dataset}"), Some(format!("version {version}")), "not read any more".to_owned());
    }
    let was = live.map(|live| metrics(&live.checks)).unwrap_or_default();
    for (name, value) in metrics(checks) {
        add(&name, was.get(&name).cloned(), value);
    }
    found
}

fn inputs(candidate: &Candidate) -> String {
    let signature = &candidate.content.serving.signature;
    let names: Vec<&str> = if signature.columns.is_empty() {
        signature.inputs.iter().map(|tensor| tensor.name.as_str()).collect()
    } else {
        signature.columns.iter().map(String::as_str).collect()
    };
    let shown: Vec<&str> = names.iter().take(MOST).copied().collect();
    format!("{}: {}", names.len(), crate::shown(&shown.join(", "), 2_000))
}

fn metrics(checks: &[JudgedCheck]) -> BTreeMap<String, String> {
    let all = checks.iter().flat_map(|check| check.metrics.iter());
    let whole = all.filter(|metric| metric.group.is_none());
    let shown = |value: f64, low: Option<f64>, high: Option<f64>| match (low, high) {
        (Some(low), Some(high)) => format!("{} ({} to {})", number(value), number(low), number(high)),
        _ => number(value),
    };
    let named = whole.map(|metric| {
        let text = metric.value.map_or("not computable".to_owned(), |value| shown(value, metric.low, metric.high));
        (metric.name.clone(), text)
    });
    named.collect()
}

fn affected(project: &Project, environment: &str, facts: &Facts, live: Option<&Candidate>) -> Vec<String> {
    let mut found = Vec::new();
    let endpoint = format!("{environment}.{}", facts.candidate.content.serving.endpoint);
    found.push(format!("whoever calls `{endpoint}`"));
    if live.is_some_and(|live| live.content.serving.signature != facts.candidate.content.serving.signature) {
        found.push("callers have to send other inputs or read other outputs: the signature differs".to_owned());
    }
    found.push(format!("`{}`, who answers for the models of `{}`", project.owner, project.id));
    for purpose in &facts.candidate.content.purposes {
        found.push(format!("those whose data is used for purpose `{purpose}`"));
    }
    found
}

fn if_nothing(environment: &str, facts: &Facts) -> String {
    match &facts.live {
        Some(live) if live.candidate == facts.candidate.number && facts.is_stopped => {
            format!("Candidate {} stays suspended in {environment}: every call is refused.", live.candidate)
        }
        Some(live) if live.candidate == facts.candidate.number => {
            format!("Candidate {} stays live in {environment}.", live.candidate)
        }
        Some(live) => format!("Candidate {} stays live in {environment}; this one waits.", live.candidate),
        None => format!("Nothing answers in {environment}; this one waits."),
    }
}
