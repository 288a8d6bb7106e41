//! Logs for people: a page of lines, or a stream that goes on until the attempt has ended.
use super::Numbered;
use crate::Context;
use crate::attempts::Attempt;
use crate::protocol::Source;
use crate::runs::{Error, ReadRunOutput, outputs};
use crate::steps::Step;
use access::Permit;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use base::{RunId, Timestamp};
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use web::{Json, Path, Problem, Query, Routes, State};

/// How many lines a page has.
const PAGE: usize = 1_000;

/// Which log, and from where.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LogParams {
    /// The number of the attempt; the last one unless said.
    attempt: Option<i64>,
    /// The number of the first line.
    from: Option<u64>,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineView {
    /// From 0.
    pub n: u64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub source: Source,
    pub text: String,
}

/// A page of a log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LogView {
    /// The number of the attempt; nothing where none was made.
    pub attempt: Option<i64>,
    pub lines: Vec<LineView>,
    /// Where the next page begins.
    pub from: u64,
    /// Whether there will be no more lines than these and those after them.
    pub ended: bool,
}

impl LineView {
    fn of(found: Numbered) -> Self {
        let Numbered { number, line } = found;
        Self { n: number, at: Timestamp(line.at_us), source: line.source, text: line.text }
    }
}

/// The routes of logs.
pub fn routes(routes: Routes<Context>) -> Routes<Context> {
    routes
        .with(web::route!(Permit<ReadRunOutput>, get_step_log))
        .with(web::route!(Permit<ReadRunOutput>, stream_step_log))
}

/// Returns whether no line can come any more.
fn has_ended(step: &Step, attempt: Option<&Attempt>, named: bool) -> bool {
    match attempt {
        Some(attempt) if named || step.has_ended() => !attempt.is_open(),
        _ => step.has_ended(),
    }
}

/// Show a page of a step's log.
#[utoipa::path(get, path = "/runs/{id}/steps/{step}/logs", tag = "runs",
    params(("id" = String, Path), ("step" = String, Path), LogParams),
    responses((status = 200, body = LogView), (status = "default", body = Problem)))]
pub(super) async fn get_step_log(
    permit: Permit<ReadRunOutput>,
    State(cx): State<Context>,
    Path((id, step)): Path<(RunId, String)>,
    Query(params): Query<LogParams>,
) -> Result<Json<LogView>, Problem> {
    let (step, attempt) = found(&cx, &permit, &id, &step, params.attempt).await?;
    let mut from = params.from.unwrap_or(0);
    let ended = has_ended(&step, attempt.as_ref(), params.attempt.is_some());
    let Some(attempt) = attempt else { return Ok(Json(LogView { attempt: None, lines: Vec::new(), from, ended })) };
    let lines = cx.logs.read(&id, &attempt.id, from, PAGE).await.map_err(Error::from)?;
    if let Some(last) = lines.last() {
        from = last.number + 1;
    }
    let lines = lines.into_iter().map(LineView::of).collect();
    Ok(Json(LogView { attempt: Some(attempt.number), lines, from, ended }))
}

async fn found(
    cx: &Context,
    permit: &Permit<ReadRunOutput>,
    id: &RunId,
    step: &str,
    number: Option<i64>,
) -> Result<(Step, Option<Attempt>), Error> {
    cx.db.read(|tx| async move { outputs::attempt_of(cx, &tx, permit, (id, step, number)).await }).await
}

/// A stream of one log.
struct Following {
    cx: Context,
    permit: Arc<Permit<ReadRunOutput>>,
    run: RunId,
    step: String,
    number: Option<i64>,
    from: u64,
    ready: VecDeque<Event>,
    changes: watch::Receiver<u64>,
    over: bool,
}

/// Follow a step's log as it grows, as server-sent events: `id` is the line's number, so that a client that was cut off goes on
/// with `Last-Event-ID`. An event `end` says that the attempt has ended.
#[utoipa::path(get, path = "/runs/{id}/steps/{step}/logs/stream", tag = "runs",
    params(("id" = String, Path), ("step" = String, Path), LogParams),
    responses((status = 200, description = "lines", content_type = "text/event-stream", body = LineView),
        (status = "default", body = Problem)))]
pub(super) async fn stream_step_log(
    permit: Permit<ReadRunOutput>,
    State(cx): State<Context>,
    headers: HeaderMap,
    Path((id, step)): Path<(RunId, String)>,
    Query(params): Query<LogParams>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let changes = cx.live.watch(&id);
    found(&cx, &permit, &id, &step, params.attempt).await?; // refused before the stream begins, not inside it
    let last =
        headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
    let from = last.map_or(params.from.unwrap_or(0), |last| last + 1);
    let following = Following {
        cx,
        permit: Arc::new(permit),
        run: id,
        step,
        number: params.attempt,
        from,
        ready: VecDeque::new(),
        changes,
        over: false,
    };
    let events = stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok(event), following))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Following {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            // Seen before looking, so that what happens in between is a change.
            self.changes.borrow_and_update();
            if !self.look().await {
                self.over = true; // the client asks again, and is then told why not
                continue;
            }
            if self.ready.is_empty() {
                tokio::select! {
                    changed = self.changes.changed() => if changed.is_err() { self.over = true },
                    () = self.cx.live.stop.cancelled() => self.over = true,
                }
            }
        }
    }

    /// Decides anew whether the log may be read, and by which way the caller came in.
    async fn found(&self) -> Result<(Step, Option<Attempt>), Error> {
        let (caller, now) = (self.permit.caller(), self.cx.clock.now());
        if !self.cx.db.read(|tx| async move { access::still_in(&tx, caller, now).await }).await? {
            return Err(Error::NotFound(self.run.clone()));
        }
        found(&self.cx, &self.permit, &self.run, &self.step, self.number).await
    }

    /// Reads on. Whoever may no longer read hears no more: it is decided anew at every look.
    async fn look(&mut self) -> bool {
        let Ok((step, attempt)) = self.found().await else { return false };
        let ended = has_ended(&step, attempt.as_ref(), self.number.is_some());
        if let Some(attempt) = &attempt {
            if self.number.is_none() {
                self.number = Some(attempt.number); // a later attempt has a log of its own
            }
            let Ok(lines) = self.cx.logs.read(&self.run, &attempt.id, self.from, PAGE).await else { return false };
            for line in lines {
                self.from = line.number + 1;
                let view = LineView::of(line);
                let event = Event::default().id(view.n.to_string());
                self.ready.push_back(event.json_data(&view).unwrap_or_default());
            }
            if !self.ready.is_empty() {
                return true; // there may be more of them before the end
            }
        }
        let over = attempt.as_ref().map_or(ended, |attempt| !attempt.is_open());
        if over {
            self.ready.push_back(Event::default().event("end").data(step.state.as_str()));
            self.over = true;
        }
        true
    }
}
