//! Goes beside a running query: hands its bytes on, asks four times a second whether it may go on, and records its end.
use std::time::Duration;

use access::Outcome;
use access::http::Permit;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::error::{Error, Result};
use super::model::End;
use super::store::QueryStore;
use super::{Asked, Query, QueryState, RunQuery};
use crate::Context;
use crate::engine::Piece;
use crate::reading;

/// How often grants and cancellation are looked at: a second is promised.
const EVERY: Duration = Duration::from_millis(250);
/// How often a running query shows a sign of life, in looks.
const LOOKS_PER_SIGN: u32 = 40;

/// A running query and everything that its end needs.
pub(super) struct Shepherd {
    pub(super) cx: Context,
    pub(super) permit: Permit<RunQuery>,
    pub(super) asked: Asked,
    pub(super) query: Query,
    pub(super) to_client: mpsc::Sender<Bytes>,
    /// Cancelled where the answer breaks off.
    pub(super) broken: CancellationToken,
    pub(super) sent: Sent,
    /// When it has taken too long.
    pub(super) deadline: Instant,
}

/// What went out so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    rows: u64,
    bytes: u64,
}

/// Tells the caller who waits for the first bytes that they are there, or why they never will be.
type Started = oneshot::Sender<Result<()>>;

impl Shepherd {
    /// Goes along until the end and records it; only then does a stream that succeeded end.
    pub(super) async fn run(mut self, mut from_engine: mpsc::Receiver<Piece>, started: Started) {
        let mut started = Some(started);
        let ended = self.go_along(&mut from_engine, &mut started).await;
        drop(from_engine); // stops the engine, which has nobody to send to
        let recorded = self.record_end(&ended).await;
        if let Err(error) = &recorded {
            tracing::error!(query = %self.query.id, %error, "the end of a query could not be recorded");
        }
        if ended.is_err() || recorded.is_err() {
            self.broken.cancel(); // only now: whoever sees the stream break finds the reason in the query's row
        }
        if let Some(started) = started {
            let answer = ended.map(|_| ()).and(recorded);
            let _ = started.send(answer); // whoever waited may be gone
        }
    }

    /// Returns whether there were more rows than asked for.
    async fn go_along(
        &mut self,
        from_engine: &mut mpsc::Receiver<Piece>,
        started: &mut Option<Started>,
    ) -> Result<bool> {
        let limit = self.cx.engine.limits().time;
        let mut looks = tokio::time::interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut look = 0;
        let mut waiting: Option<Bytes> = None;
        // From when on nobody counts as reading: an answer that is not read holds a place that others wait for.
        let (patience, mut given_up) = (self.cx.engine.limits().patience, self.deadline);
        loop {
            tokio::select! {
                biased;
                () = self.cx.stop.cancelled() => return Err(Error::Cancelled("the server stops".into())),
                () = tokio::time::sleep_until(self.deadline) => return Err(Error::TooLong(limit.as_secs())),
                _ = looks.tick() => {
                    look += 1;
                    self.may_go_on(look % LOOKS_PER_SIGN == 0).await?;
                }
                () = tokio::time::sleep_until(given_up), if waiting.is_some() => {
                    return Err(Error::Cancelled(format!("nobody read on for {} s", patience.as_secs())));
                }
                () = gone(&self.to_client, started) => return Err(Error::Cancelled("nobody waits for the answer any more".into())),
                place = self.to_client.reserve(), if waiting.is_some() => {
                    if let (Ok(place), Some(bytes)) = (place, waiting.take()) {
                        self.sent.bytes += bytes.len() as u64;
                        place.send(bytes);
                    }
                }
                piece = from_engine.recv(), if waiting.is_none() => match piece {
                    Some(Piece::Rows { bytes, rows }) => {
                        self.sent.rows += rows;
                        if let Some(started) = started.take() {
                            let _ = started.send(Ok(())); // whether anybody waits is seen at the next turn
                        }
                        waiting = (!bytes.is_empty()).then_some(bytes);
                        given_up = Instant::now() + patience;
                    }
                    Some(Piece::End { truncated }) => return Ok(truncated),
                    Some(Piece::Failed(error)) => return Err(error.into()),
                    None => return Err(Error::Broken),
                },
            }
        }
    }

    /// Looks whether the query was cancelled, its asker is still let in, and every grant still stands.
    async fn may_go_on(&self, sign: bool) -> Result<()> {
        let (cx, id) = (&self.cx, &self.query.id);
        let now = cx.clock.now();
        if sign {
            cx.db.write(|tx| async move { tx.touch_query(id, now).await }).await?;
        }
        let (asked, caller, reads) = (&self.asked, self.permit.caller(), &self.query.reads);
        cx.db
            .read(|tx| async move {
                let row = tx.find_query(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
                if row.state != QueryState::Running {
                    let why = row.why.map_or_else(|| "the query was ended".to_owned(), |why| why.detail);
                    return Err(Error::Cancelled(why));
                }
                if !access::still_in(&tx, caller, now).await? {
                    return Err(access::Refused::Ended.into());
                }
                let principals = caller.principals(&tx).await?;
                reading::check_again(&tx, &principals, asked, reads, now).await
            })
            .await
    }

    /// Commits how it ended: the row, and the second audit entry.
    async fn record_end(&self, ended: &Result<bool>) -> Result<()> {
        let (cx, id, permit, sent) = (&self.cx, &self.query.id, &self.permit, self.sent);
        let (state, why) = match ended {
            Ok(_) => (QueryState::Succeeded, None),
            Err(error @ Error::Cancelled(_)) => (QueryState::Cancelled, Some(error.why())),
            Err(error) => (QueryState::Failed, Some(error.why())),
        };
        let truncated = *ended.as_ref().unwrap_or(&false);
        let end = &End { state, rows: sent.rows, bytes: sent.bytes, truncated, why };
        let now = cx.clock.now();
        cx.db
            .write(|tx| async move {
                let query = tx.lock_query(id).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
                let ended = tx.save_query(query.end(now, end)?).await?;
                let outcome = if ended.state == QueryState::Succeeded { Outcome::Allowed } else { Outcome::Failed };
                let mut entry = permit.entry(&ended, now).after(&ended).outcome(outcome);
                if let Some(purpose) = &ended.purpose {
                    entry = entry.purpose(purpose);
                }
                if let [read] = ended.reads.as_slice() {
                    entry = entry.grant(&read.grant);
                }
                if let Some(why) = &ended.why {
                    entry = entry.reason(why.code.clone());
                }
                Ok(entry.insert(&tx).await?)
            })
            .await
    }
}

/// Waits until nobody is left to answer.
async fn gone(to_client: &mpsc::Sender<Bytes>, started: &mut Option<Started>) {
    match started {
        // Before the first byte the caller waits for that; the receiver of bytes is in the same hands.
        Some(started) => started.closed().await,
        None => to_client.closed().await,
    }
}
