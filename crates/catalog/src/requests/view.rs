//! A request as its viewer sees it.
use super::objects::{self, Object};
use super::{DecideData, DecideUse, Decision, Error, Request, RequestKind, RequestState, Result, Viewer};
use crate::Context;
use crate::grants::store::GrantStore;
use crate::grants::{ColumnAs, ColumnTerm, RowFilter, Scope, Terms, Use, columns_as};
use crate::purposes::{PurposeStore, PurposeView};
use crate::sensitivity::{Level, Source};
use access::http::{Held, Permit};
use access::{Action, LinkMaker, Right};
use base::{Next, PersonId, Securable, Timestamp};
use std::collections::BTreeSet;

/// Columns, rows and time.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct ScopeView {
    pub columns: Vec<ColumnAs>,
    pub row_filter: RowFilter,
    /// The row filter in words.
    pub rows: String,
    /// Nothing = once it is approved.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

/// A column of the dataset, with its level as a decider has to see it.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct AskedColumn {
    pub name: String,
    /// How it is asked for; `left_out` if it is not.
    #[serde(rename = "as")]
    pub term: ColumnTerm,
    pub data_type: String,
    pub level: Level,
    pub level_source: Source,
}

/// An approval of the present submission.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct ApprovalView {
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub terms: Terms,
}

/// The decision that ended a request.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct DecidedView {
    pub by: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub approved: bool,
    pub reason: Option<String>,
    pub terms: Option<Terms>,
}

/// An access request as its viewer sees it.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct RequestView {
    pub id: String,
    pub state: RequestState,
    /// What to add to the state's word: `1 of 2 approvals`, `with terms`.
    pub fact: Option<String>,
    pub kind: RequestKind,
    pub object: String,
    pub principal: String,
    pub asked_by: String,
    pub purpose: Option<PurposeView>,
    pub uses: BTreeSet<Use>,
    pub text: String,
    pub asked: ScopeView,
    pub granted: Option<ScopeView>,
    /// Every column of the dataset, sensitive ones first; empty where the object is a schema.
    pub columns: Vec<AskedColumn>,
    /// The grant it became.
    pub grant: Option<String>,
    /// Who decides, in words.
    pub decided_by: String,
    pub approvals: Vec<ApprovalView>,
    pub approvals_needed: Option<i64>,
    pub decided: Option<DecidedView>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub submitted_at: Option<Timestamp>,
    /// When it ends unanswered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answer_by: Option<Timestamp>,
    pub next: Next,
}

/// A request in a list.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct RequestItem {
    pub id: String,
    pub state: RequestState,
    /// What to add to the state's word: `1 of 2 approvals`, `with terms`.
    pub fact: Option<String>,
    pub kind: RequestKind,
    pub object: String,
    pub principal: String,
    pub asked_by: String,
    pub purpose: String,
    pub uses: BTreeSet<Use>,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub submitted_at: Option<Timestamp>,
    /// When it ends unanswered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answer_by: Option<Timestamp>,
    pub next: Next,
}

/// A request with how its viewer stands to it.
#[derive(Clone, Debug)]
pub struct RequestLine {
    pub request: Request,
    pub viewer: Viewer,
}

/// Who looks, when, and what they hold.
pub(super) struct Looks<'a> {
    pub held: &'a Held<'a>,
    pub me: &'a PersonId,
    /// Who made the last link that they came in by.
    pub maker: Option<LinkMaker>,
    pub now: Timestamp,
}

/// Returns how whoever looks stands to `request`: what the calls themselves would decide.
pub(super) fn viewer(request: &Request, looks: &Looks<'_>) -> Viewer {
    if looks.held.belongs(&request.principal) {
        return Viewer::Asks;
    }
    let side = request.asking().side(looks.me, looks.held, looks.maker.as_ref());
    match request.decider(looks.held) {
        None => Viewer::Reads,
        Some(right) => match request.may_decide(&right, &side, looks.now) {
            Ok(_) => Viewer::Decides,
            Err(why) => Viewer::MayNotDecide(why.to_string()),
        },
    }
}

impl Request {
    /// Returns the right to decide it of whoever holds this, if they have one: of data its stewards, of a model its owners.
    pub(super) fn decider(&self, held: &Held<'_>) -> Option<Right> {
        match self.kind {
            RequestKind::Read | RequestKind::Write => held.can::<DecideData>(&self.resource()),
            RequestKind::Use => held.can::<DecideUse>(&self.resource()),
        }
    }

    pub(super) fn not_the_decider(&self) -> Error {
        Error::NotTheDecider { id: self.id.clone(), decider: self.decided_by() }
    }
}

impl RequestLine {
    pub(super) fn of(request: Request, looks: &Looks<'_>) -> Self {
        Self { viewer: viewer(&request, looks), request }
    }
}

impl From<RequestLine> for RequestItem {
    fn from(line: RequestLine) -> Self {
        let RequestLine { request, viewer } = line;
        let (next, fact) = (request.next(&viewer), request.fact());
        let (submitted_at, answer_by) = request.submission.map(|s| (s.at, s.answer_by)).unzip();
        Self {
            id: request.id.0,
            state: request.state,
            fact,
            kind: request.kind,
            object: request.object,
            principal: request.principal.to_string(),
            asked_by: request.asked_by.0,
            purpose: request.ask.purpose.0,
            uses: request.ask.uses,
            expires_at: request.ask.scope.expires_at,
            created_at: request.created_at,
            submitted_at,
            answer_by,
            next,
        }
    }
}

impl From<Scope> for ScopeView {
    fn from(scope: Scope) -> Self {
        Self {
            columns: columns_as(&scope.columns),
            rows: scope.row_filter.to_string(),
            row_filter: scope.row_filter,
            starts_at: scope.starts_at,
            expires_at: scope.expires_at,
        }
    }
}

/// Returns `request` as the caller of `permit` sees it now.
pub async fn view<A: Action>(cx: &Context, permit: &Permit<A>, request: Request) -> Result<RequestView> {
    let request = &request;
    cx.db
        .read(|tx| async move {
            let held = permit.held(&tx).await?;
            let purpose = tx.find_purpose(&request.ask.purpose).await?.map(PurposeView::from);
            let grant = tx.find_grant_of(&request.id).await?;
            let object = objects::find(&tx, request.kind, &request.object).await?;
            let (me, now) = (permit.caller().name(), cx.clock.now());
            let looks = Looks { maker: access::link_maker(&tx, &me).await?, held: &held, me: &me, now };
            let next = request.next(&viewer(request, &looks));
            Ok(RequestView {
                purpose,
                grant: grant.map(|grant| grant.0),
                columns: asked_columns(request, object),
                next,
                ..plain(request.clone())
            })
        })
        .await
}

/// Returns what the request itself says.
fn plain(request: Request) -> RequestView {
    let (fact, decided_by) = (request.fact(), request.decided_by());
    let next = request.next(&Viewer::Reads);
    let approval =
        |approval: super::Approval| ApprovalView { by: approval.by.0, at: approval.at, terms: approval.terms };
    let submission = request.submission;
    RequestView {
        id: request.id.0,
        state: request.state,
        fact,
        kind: request.kind,
        object: request.object,
        principal: request.principal.to_string(),
        asked_by: request.asked_by.0,
        purpose: None,
        uses: request.ask.uses,
        text: request.ask.text,
        asked: request.ask.scope.into(),
        granted: request.granted.map(ScopeView::from),
        columns: Vec::new(),
        grant: None,
        decided_by,
        approvals: request.approvals.into_iter().map(approval).collect(),
        approvals_needed: submission.as_ref().map(|submission| submission.approvals_needed),
        decided: request.decided.map(decided),
        created_at: request.created_at,
        submitted_at: submission.as_ref().map(|submission| submission.at),
        answer_by: submission.as_ref().map(|submission| submission.answer_by),
        next,
    }
}

fn decided(decided: super::Decided) -> DecidedView {
    let (approved, reason, terms) = match decided.decision {
        Decision::Approve { terms, .. } => (true, None, Some(terms)),
        Decision::Reject { reason } => (false, Some(reason), None),
    };
    DecidedView { by: decided.by.0, at: decided.at, approved, reason, terms }
}

fn asked_columns(request: &Request, object: Option<Object>) -> Vec<AskedColumn> {
    let mut columns: Vec<AskedColumn> = object
        .and_then(|object| object.columns)
        .unwrap_or_default()
        .into_iter()
        .map(|column| AskedColumn {
            term: request.ask.scope.columns.get(&column.name).copied().unwrap_or(ColumnTerm::LeftOut),
            name: column.name,
            data_type: column.data_type,
            level: column.sensitivity.level,
            level_source: column.sensitivity.source,
        })
        .collect();
    // A stable sort: within a level the dataset's own order.
    columns.sort_by_key(|column| (column.term == ColumnTerm::LeftOut, std::cmp::Reverse(column.level)));
    columns
}
