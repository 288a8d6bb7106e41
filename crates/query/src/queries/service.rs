use std::sync::Arc;

use access::http::Permit;
use access::{Action, Entry, Outcome};
use base::{Principal, QueryId, Timestamp};
use bytes::Bytes;
use db::Tx;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use web::{Page, Paging};

use super::error::{Error, Result};
use super::model::End;
use super::shepherd::Shepherd;
use super::store::{After, QueryStore};
use super::{Asked, CancelQuery, Query, QueryState, Read, ReadQuery, RunQuery};
use crate::Context;
use crate::engine::{Prepared, Session, Slot, Statement, pump};
use crate::reading::{self, Readable};

/// An answer under way: the query's id, and its bytes. The stream ends with an error where the query did not succeed.
#[derive(Debug)]
pub struct Answer {
    pub query: QueryId,
    /// Bytes in order.
    pub bytes: mpsc::Receiver<Bytes>,
    /// Once cancelled, the answer broke off: nothing more may be sent, and its end is not a clean one.
    pub broken: CancellationToken,
}

/// Runs `asked`: checks the grants, records the read, and answers once the first rows are there. What goes wrong
/// before that is an error here; what goes wrong later breaks the stream and stands in the query's row.
pub async fn run(cx: &Context, permit: Permit<RunQuery>, asked: Asked) -> Result<Answer> {
    check_clock(cx).await?;
    let asker = permit.caller().principal().ok_or(access::Refused::PersonsOnly)?;
    let slot = cx.engine.slot(&asker.to_string()).await.ok_or(Error::Busy)?;
    let deadline = Instant::now() + cx.engine.limits().time;
    let sql = asked.sql.clone();
    let statement = calm(cx.engine.spawn(async move { Statement::parse(&sql) }).done().await)??;
    let (asked, readable) = find_readable(cx, &permit, asked, &statement).await?;
    let (session, prepared) = prepare(cx, slot, &asker, &asked, statement, &readable, deadline).await?;
    let reads: Vec<Read> = readable.iter().map(Readable::read).collect();
    let query = record_start(cx, &permit, &asker, &asked, reads).await?;

    let (pieces, from_engine) = mpsc::channel(2);
    let work = cx.engine.spawn(pump(session, prepared, asked.encoding, pieces));
    let (to_client, bytes) = mpsc::channel(1);
    let (started, first_bytes) = oneshot::channel();
    let broken = CancellationToken::new();
    let (id, mended) = (query.id.clone(), broken.clone());
    let (cx, sent) = (cx.clone(), Default::default());
    let tasks = cx.tasks.clone();
    let shepherd = Shepherd { cx, permit, asked, query, to_client, broken: mended, sent, deadline };
    tasks.spawn(async move {
        shepherd.run(from_engine, started).await;
        drop(work); // it ends with its query
    });
    first_bytes.await.unwrap_or(Err(Error::Broken))?;
    Ok(Answer { query: id, bytes, broken })
}

/// Refuses where the server's clock and its database's differ.
async fn check_clock(cx: &Context) -> Result<()> {
    if crate::is_skewed(cx).await? { Err(Error::Skew) } else { Ok(()) }
}

async fn find_readable(
    cx: &Context,
    permit: &Permit<RunQuery>,
    asked: Asked,
    statement: &Statement,
) -> Result<(Asked, Vec<Readable>)> {
    let (asked, now) = (&asked, cx.clock.now());
    cx.db
        .read(|tx| async move {
            let principals = permit.caller().principals(&tx).await?;
            let purpose = reading::purpose_of(&tx, &principals, asked, statement, now).await?;
            let asked = Asked { purpose, ..asked.clone() };
            let readable = reading::find_all(&tx, permit, &principals, &asked, statement, now).await?;
            Ok((asked, readable))
        })
        .await
}

/// What the reader's words made panic is theirs to change; the log has it, for us to mend.
fn calm<T>(done: Option<T>) -> Result<T> {
    Ok(done.ok_or(crate::engine::Error::Failed(crate::engine::BROKE_OFF))?)
}

async fn prepare(
    cx: &Context,
    slot: Slot,
    asker: &Principal,
    asked: &Asked,
    statement: Statement,
    readable: &[Readable],
    deadline: Instant,
) -> Result<(Arc<Session>, Prepared)> {
    let limits = cx.engine.limits();
    let most = limits.rows as u64;
    let rows = usize::try_from(asked.limit.map_or(most, |limit| limit.min(most))).unwrap_or(limits.rows);
    let (memory, threads) = (limits.memory_bytes, limits.threads);
    let (cx, asker, readable, time) = (cx.clone(), asker.clone(), readable.to_vec(), limits.time);
    let engine = Arc::clone(&cx.engine);
    let work = engine.spawn(async move {
        let mut session = Session::new(memory, threads, Some(slot))?;
        for table in readable {
            let (name, read) = (table.name.clone(), table.read());
            let (opened, asker) = (cx.clone(), asker.clone());
            let opened = tokio::task::spawn_blocking(move || table.open(&opened, &asker)).await;
            let (pinned, policy) = opened.map_err(|_| Error::Broken)??;
            session.add(&name, pinned, policy).map_err(|error| {
                // Its text may name columns that the reader does not see.
                tracing::warn!(dataset = %read.dataset, grant = %read.grant, %error, "the terms of a grant do not fit");
                Error::Unfit { dataset: read.dataset, grant: read.grant }
            })?;
        }
        let prepared = session.prepare(statement, rows).await?;
        Ok((Arc::new(session), prepared))
    });
    match tokio::time::timeout_at(deadline, work.done()).await {
        Ok(done) => calm(done)?,
        Err(_) => Err(Error::TooLong(time.as_secs())),
    }
}

/// Commits the query's row and an audit entry per dataset, before anything of them is read.
async fn record_start(
    cx: &Context,
    permit: &Permit<RunQuery>,
    asker: &Principal,
    asked: &Asked,
    reads: Vec<Read>,
) -> Result<Query> {
    let now = cx.clock.now();
    let query = &Query {
        id: QueryId(cx.ids.next("q")),
        asker: asker.clone(),
        sql: asked.sql.clone(),
        purpose: asked.purpose.clone(),
        stated_use: asked.stated_use,
        encoding: asked.encoding.as_str().to_owned(),
        reads,
        state: QueryState::Running,
        rows: 0,
        bytes: 0,
        truncated: false,
        started_at: now,
        ended_at: None,
        why: None,
        seen_at: now,
        revision: 1,
    };
    cx.db
        .write(|tx| async move {
            permit.check(&tx, query).await?;
            tx.insert_query(query).await?;
            for read in &query.reads {
                let mut entry = permit.entry(query, now).grant(&read.grant).after(read);
                if let Some(purpose) = &query.purpose {
                    entry = entry.purpose(purpose);
                }
                entry.insert(&tx).await?;
            }
            if query.reads.is_empty() {
                permit.entry(query, now).insert(&tx).await?;
            }
            Ok(query.clone())
        })
        .await
}

/// Ends the queries that run without a sign of life: their server is gone. Each gets the entry of its end, as every read.
/// May run twice, and on several servers at once: each is ended once.
pub async fn close_lost(cx: &Context) -> Result<()> {
    let (now, why) = (cx.clock.now(), &Error::Lost.why());
    cx.db
        .write(|tx| async move {
            for query in tx.lock_lost_queries(now).await? {
                // How much it had sent before is not known.
                let (state, why) = (QueryState::Failed, Some(why.clone()));
                let end = End { state, rows: query.rows, bytes: query.bytes, truncated: false, why };
                let ended = tx.save_query(query.end(now, &end)?).await?;
                let resource = format!("query/{}", ended.id);
                let mut entry = Entry::new(now, ended.asker.to_string(), RunQuery::NAME, resource);
                entry.outcome = Outcome::Failed;
                entry.reason = ended.why.as_ref().map(|why| why.code.clone());
                entry.purpose.clone_from(&ended.purpose);
                if let [read] = ended.reads.as_slice() {
                    entry.grant = Some(read.grant.clone());
                }
                entry.after = serde_json::to_value(&ended).ok();
                access::audit::insert(&tx, &entry).await?;
            }
            Ok(())
        })
        .await
}

/// Stops query `id`; within a second its stream breaks off. The same call again changes nothing.
pub async fn cancel(cx: &Context, permit: &Permit<CancelQuery>, id: &QueryId) -> Result<Query> {
    cx.db
        .write(|tx| async move {
            let found = tx.lock_query(id).await?;
            let (query, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            let who = permit.caller().actor();
            let why = Error::Cancelled(format!("cancelled by `{who}`")).why();
            if query.state == QueryState::Cancelled && query.why.as_ref() == Some(&why) {
                return Ok(query); // the same call again
            }
            let now = cx.clock.now();
            let cancelled = tx.save_query(query.cancel(now, why)?).await?;
            permit.record(&tx, Some(&query), &cancelled, now).await?;
            Ok(cancelled)
        })
        .await
}

/// Returns query `id`.
pub async fn get(cx: &Context, permit: &Permit<ReadQuery>, id: &QueryId) -> Result<Query> {
    cx.db
        .read(|tx| async move {
            let found = tx.find_query(id).await?;
            let (query, _) = permit.on(&tx, found).await?.ok_or_else(|| Error::NotFound(id.clone()))?;
            Ok(seen(query, cx.clock.now()))
        })
        .await
}

/// Returns a page of the queries that the caller may see, newest first.
pub async fn list(
    cx: &Context,
    permit: &Permit<ReadQuery>,
    paging: &Paging,
    after: Option<&After>,
) -> Result<Page<Query>> {
    let now = cx.clock.now();
    cx.db
        .read(|tx| async move {
            let limit = paging.limit();
            let rows = visible(&tx, permit, after.cloned(), u64::from(limit) + 1).await?;
            let rows = rows.into_iter().map(|query| seen(query, now)).collect();
            Ok(Page::of(rows, limit, |query: &Query| (query.started_at.0, query.id.0.clone())))
        })
        .await
}

async fn visible(tx: &Tx, permit: &Permit<ReadQuery>, after: Option<After>, limit: u64) -> Result<Vec<Query>> {
    let columns = super::store::columns();
    let visible = permit.visible(tx).await?.condition(&columns);
    Ok(tx.list_queries(visible, after, limit).await?)
}

/// Shows a query that runs without a sign of life as what it is: lost with its server.
fn seen(query: Query, now: Timestamp) -> Query {
    if query.state == QueryState::Running && query.seen_at.0 < now.0 - super::model::LOST_AFTER_US {
        let (ended_at, why) = (Some(query.seen_at), Some(Error::Lost.why()));
        return Query { state: QueryState::Failed, ended_at, why, ..query };
    }
    query
}

/// Returns when the first query that read under a grant started, whoever asks.
///
/// # Errors
/// The store's.
pub async fn first_read_under(tx: &Tx, grant: &base::GrantId) -> db::Result<Option<Timestamp>> {
    tx.first_under(grant).await
}
