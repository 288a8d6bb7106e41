//! What given terms would do, before anyone decides: rows kept, columns as the asking side would see them, who is
//! affected, and what happens if nobody does anything.
use super::error::{Error, Result};
use super::objects;
use super::store::RequestStore;
use super::{PreviewRequest, Request, RequestKind, RequestState};
use crate::Context;
use crate::grants::store::GrantStore;
use crate::grants::{ColumnTerm, RowFilter, Scope, Terms, Use, policy_allows};
use crate::sensitivity::{Level, Source};
use access::http::Permit;
use base::{Principal, RequestId, Timestamp, Tone};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How many earlier decisions are shown.
const LIKE_BEFORE: u64 = 5;

/// Reads the data itself to say what a row filter keeps.
///
/// A trait although there is one implementation: data is read by `query`, one floor up, which this crate may not call,
/// so `api` hands it in.
pub trait Effects: Send + Sync + std::fmt::Debug {
    /// Returns how many of the rows of `dataset` a filter keeps.
    fn rows_kept<'a>(&'a self, dataset: &'a str, rows: &'a RowFilter) -> Counting<'a>;
}

/// A count under way.
pub type Counting<'a> = Pin<Box<dyn Future<Output = std::result::Result<RowsKept, EffectsError>> + Send + 'a>>;

/// What a row filter keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RowsKept {
    pub kept: u64,
    pub all: u64,
}

/// Why rows could not be counted, in words for the decider: lower case, no path, no value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct EffectsError(pub String);

/// How one column would be seen.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ColumnEffect {
    pub name: String,
    pub level: Level,
    pub asked: ColumnTerm,
    pub becomes: ColumnTerm,
    /// What the asking side would see, in words.
    pub sees: String,
}

/// Something that the decider should know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Finding {
    pub tone: Tone,
    pub text: String,
}

/// Somebody, or something, that the decision touches.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Affected {
    pub text: String,
    pub detail: String,
}

/// An earlier decision on the same object.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Before {
    pub id: String,
    pub state: RequestState,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    pub text: String,
}

/// How many columns would be seen in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Summary {
    pub clear: u64,
    pub masked: u64,
    pub check: u64,
    pub left_out: u64,
}

/// What given terms would do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct EffectView {
    /// Nothing where the object has no rows, or they could not be counted.
    pub rows: Option<RowsKept>,
    /// Why they could not.
    pub rows_note: Option<String>,
    pub columns: Vec<ColumnEffect>,
    pub summary: Summary,
    /// What is narrower than asked, in words.
    pub narrower: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub affected: Vec<Affected>,
    pub if_nothing: Vec<String>,
    pub findings: Vec<Finding>,
    pub like_before: Vec<Before>,
}

/// How long counting rows may take; whoever decides gets the rest without it.
pub(super) const LONGEST_COUNT: Duration = Duration::from_mins(2);

/// Returns what `terms` would do if the caller approved with them. For deciders of another side only: a requester could
/// search hidden values by counting rows.
pub async fn preview(
    cx: &Context,
    permit: &Permit<PreviewRequest>,
    id: &RequestId,
    terms: &Terms,
) -> Result<EffectView> {
    let seen: Result<(Request, Scope, EffectView)> = cx
        .db
        .write(|tx| async move {
            let found = tx.find_request(id).await?;
            let (request, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            // Whoever decides on models alone must not count rows.
            let held = permit.held(&tx).await?;
            let right = request.decider(&held).ok_or_else(|| request.not_the_decider())?;
            let now = cx.clock.now();
            let side = request.asking().side_of(&tx, &right.holder).await?;
            request.may_decide(&right, &side, now)?;
            let object = objects::find(&tx, request.kind, &request.object).await?;
            request.check_terms(terms, object.as_ref().and_then(objects::Object::families).as_ref())?;
            let scope = request.ask.scope.meet(terms)?;
            let mut effect = effect(&request, &scope, object.as_ref());
            effect.if_nothing.extend(ends_soon(&tx, &request, now).await?);
            for earlier in tx.list_decided(&request.object, LIKE_BEFORE).await? {
                effect.like_before.push(before(earlier));
            }
            // Counting reads the data, so it is on record before it begins.
            let entry = permit.entry(&request, now).purpose(&request.ask.purpose);
            entry.after(&terms).insert(&tx).await?;
            Ok((request, scope, effect))
        })
        .await;
    let (request, scope, mut effect) = seen?;
    if request.kind != RequestKind::Read {
        return Ok(effect);
    }
    let Some(effects) = &cx.effects else {
        effect.rows_note = Some("this server does not read data".into());
        return Ok(effect);
    };
    let counting = effects.rows_kept(&request.object, &scope.row_filter);
    let counted = tokio::time::timeout(LONGEST_COUNT, counting).await;
    let too_long = || EffectsError(format!("counting the rows takes longer than {} s", LONGEST_COUNT.as_secs()));
    match counted.unwrap_or_else(|_| Err(too_long())) {
        Ok(rows) => {
            let text = format!("{} of {} rows", rows.kept, rows.all);
            effect.affected.push(Affected { text, detail: "as many as the rows that are kept".into() });
            effect.rows = Some(rows);
        }
        Err(EffectsError(why)) => effect.rows_note = Some(why),
    }
    Ok(effect)
}

fn effect(request: &Request, scope: &Scope, object: Option<&objects::Object>) -> EffectView {
    let columns = columns(request, scope, object);
    let mut summary = Summary::default();
    for column in &columns {
        *match column.becomes {
            ColumnTerm::Clear => &mut summary.clear,
            ColumnTerm::Token | ColumnTerm::Null => &mut summary.masked,
            ColumnTerm::Check => &mut summary.check,
            ColumnTerm::LeftOut => &mut summary.left_out,
        } += 1;
    }
    let mut narrower: Vec<String> =
        columns.iter().filter(|column| column.becomes != column.asked).map(|column| column.name.clone()).collect();
    if scope.row_filter != request.ask.scope.row_filter {
        narrower.push("rows".into());
    }
    if scope.expires_at != request.ask.scope.expires_at {
        narrower.push("end date".into());
    }
    let if_nothing = request.submission.iter().map(|submission| {
        format!("On {} the request ends unanswered, and the asking side can see that.", submission.answer_by)
    });
    EffectView {
        rows: None,
        rows_note: None,
        findings: findings(request, &columns, object),
        columns,
        summary,
        narrower,
        expires_at: scope.expires_at,
        affected: vec![affected(request)],
        if_nothing: std::iter::once(nothing_new(request.kind).to_owned()).chain(if_nothing).collect(),
        like_before: Vec::new(),
    }
}

fn nothing_new(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Read => "Nobody reads anything new.",
        RequestKind::Write => "Nobody publishes anything new.",
        RequestKind::Use => "Nobody calls anything new.",
    }
}

fn columns(request: &Request, scope: &Scope, object: Option<&objects::Object>) -> Vec<ColumnEffect> {
    let known = object.and_then(|object| object.columns.as_ref()).into_iter().flatten();
    let mut columns: Vec<ColumnEffect> = known
        .filter_map(|column| {
            let asked = *request.ask.scope.columns.get(&column.name)?;
            let becomes = scope.columns.get(&column.name).copied().unwrap_or(ColumnTerm::LeftOut);
            let level = column.sensitivity.level;
            Some(ColumnEffect { name: column.name.clone(), level, asked, becomes, sees: sees(becomes).into() })
        })
        .collect();
    columns.sort_by_key(|column| std::cmp::Reverse(column.level));
    columns
}

fn sees(term: ColumnTerm) -> &'static str {
    match term {
        ColumnTerm::Clear => "As stored",
        ColumnTerm::Token => "A token; joins still work",
        ColumnTerm::Null => "Empty in every row",
        ColumnTerm::Check => "Read by the fairness check alone, never by the model",
        ColumnTerm::LeftOut => "Nothing",
    }
}

fn affected(request: &Request) -> Affected {
    let uses: Vec<&str> = request.ask.uses.iter().map(|asked| asked.as_str()).collect();
    let detail = format!("to {}", uses.join(", "));
    let text = match &request.principal {
        Principal::Person(person) => format!("{person} reads"),
        Principal::Group(group) => format!("Everyone in group {group} reads, whoever joins it later too"),
        Principal::Environment(environment) => format!("The machine identity of {environment} reads; no person does"),
    };
    let text = match request.kind {
        RequestKind::Read => text,
        RequestKind::Write => text.replace("reads", "publishes"),
        RequestKind::Use => text.replace("reads", "calls"),
    };
    Affected { text, detail }
}

fn findings(request: &Request, columns: &[ColumnEffect], object: Option<&objects::Object>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut say = |tone, text: String| findings.push(Finding { tone, text });
    match object {
        Some(object) if object.active => {}
        _ => say(Tone::Bad, format!("{} is not active: it cannot be approved now", request.object)),
    }
    let open = columns.iter().filter(|column| !policy_allows(column.level, column.becomes));
    for column in open {
        say(Tone::Warn, format!("{} is {}, and would be seen as stored", column.name, column.level));
    }
    let asked = |name: &str| request.ask.scope.columns.contains_key(name);
    let of_dataset = object.and_then(|object| object.columns.as_ref()).into_iter().flatten();
    let unsure = of_dataset.filter(|column| {
        asked(&column.name) && matches!(column.sensitivity.source, Source::Proposed | Source::Unclassified)
    });
    match unsure.count() {
        0 => {}
        unsure => {
            let text = format!("Approving confirms the levels shown; {unsure} of them no person has looked at yet");
            say(Tone::Waiting, text);
        }
    }
    if request.ask.uses.contains(&Use::Explore) && matches!(request.principal, Principal::Environment(_)) {
        say(Tone::Warn, "an environment asks to explore, which only people do".into());
    }
    say(Tone::Good, "You do not belong to the asking side, and someone else gave you this right before".into());
    findings
}

/// Says which grants of the same principal for the same object run out, since then what works now stops.
async fn ends_soon(tx: &db::Tx, request: &Request, now: Timestamp) -> Result<Vec<String>> {
    let principal = [request.principal.clone()];
    let held = tx.list_held(&principal, request.kind, &request.object).await?;
    let ends = held
        .iter()
        .filter(|grant| grant.permits(now))
        .map(|grant| format!("What works under grant {} stops on {}.", grant.id, grant.period.expires_at()));
    Ok(ends.collect())
}

fn before(request: Request) -> Before {
    let fact = request.fact().map(|fact| format!(" {fact}")).unwrap_or_default();
    let text = format!("{} for {}: {}{fact}", request.ask.purpose, request.principal, request.state.look().2);
    let at = request.decided.as_ref().map(|decided| decided.at);
    Before { id: request.id.0, state: request.state, at, text }
}
