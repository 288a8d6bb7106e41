use super::entry::Recorded;
use super::store::{AuditStore, EntryColumn};
use super::{Checkpoint, Entry, Error, ExportAudit, Line, Outcome, ReadAuditEntry, Sealed};
use crate::http::Permit;
use crate::visible::Columns;
use crate::{Context, DEPLOYMENT};
use base::{Resource, Timestamp};
use db::Tx;
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Condition, Expr};

/// How many lines one page of an export reads.
const PAGE: u64 = 500;
/// How many of the newest sealed entries the status recomputes.
const RECHECKED: u64 = 1_000;

/// Which entries a list shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntryFilter {
    pub actor: Option<String>,
    pub action: Option<String>,
    /// A resource, or all below it: `request`, `request/r-1`.
    pub resource: Option<String>,
    pub outcome: Option<Outcome>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl EntryFilter {
    fn condition(&self) -> Condition {
        let mut all = Condition::all();
        if let Some(actor) = &self.actor {
            // `ana` finds the person.
            all = all.add(EntryColumn::Actor.is_in([actor.clone(), format!("person:{actor}")]));
        }
        if let Some(action) = &self.action {
            all = all.add(EntryColumn::Action.eq(action.as_str()));
        }
        if let Some(resource) = &self.resource {
            let (above, below) = (format!("{resource}/"), format!("{resource}0"));
            let inside = Condition::all().add(EntryColumn::Resource.gt(above)).add(EntryColumn::Resource.lt(below));
            all = all.add(Condition::any().add(EntryColumn::Resource.eq(resource.as_str())).add(inside));
        }
        if let Some(outcome) = self.outcome {
            all = all.add(EntryColumn::Outcome.eq(outcome.as_str()));
        }
        if let Some(from) = self.from {
            all = all.add(EntryColumn::AtUs.gte(from.0));
        }
        if let Some(to) = self.to {
            all = all.add(EntryColumn::AtUs.lt(to.0));
        }
        all
    }
}

/// Returns the entries that the caller may see, newest first, and how many fit.
pub(crate) async fn list(
    cx: &Context,
    permit: &Permit<ReadAuditEntry>,
    filter: &EntryFilter,
    before: Option<i64>,
    limit: u64,
) -> Result<(Vec<Recorded>, u64), Error> {
    let read = cx.db.read(|tx| async move {
        let visible = permit.visible(&tx).await?;
        let columns = Columns::scope(Expr::val(DEPLOYMENT)).asker(Expr::col(EntryColumn::Actor));
        let fits = filter.condition().add(visible.condition(&columns));
        Ok(tx.list_entries(fits, before, limit).await?)
    });
    read.await
}

/// What is known of the chain without an export.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    pub head: Option<Sealed>,
    pub unsealed: u64,
    pub checkpoint: Option<Checkpoint>,
    /// Whether the newest sealed entries, recomputed now, still have their hashes.
    pub intact: bool,
}

pub(crate) async fn status(cx: &Context, permit: &Permit<ExportAudit>) -> Result<Status, Error> {
    let read = cx.db.read(|tx| async move {
        permit.check(&tx, &log()).await.map_err(not_an_auditor)?;
        let head = tx.find_head().await?;
        let from = head.as_ref().map_or(0, |head| head.seq.saturating_sub(RECHECKED));
        let mut intact = true;
        let mut last: Option<Sealed> = None;
        for recorded in tx.list_sealed(from, RECHECKED).await? {
            let Some(sealed) = recorded.sealed else { continue };
            let prev = last.as_ref().map_or(sealed.prev_hash, |last| last.hash);
            let expected = Sealed::next(last.map_or(sealed.seq, |last| last.seq + 1), prev, &recorded.entry)?;
            intact &= expected == sealed;
            last = Some(sealed);
        }
        let (unsealed, checkpoint) = (tx.count_unsealed().await?, tx.find_checkpoint().await?);
        Ok(Status { head, unsealed, checkpoint, intact })
    });
    read.await
}

/// Checks that the caller may export, and puts that on record before the first line leaves.
pub(crate) async fn begin_export(cx: &Context, permit: &Permit<ExportAudit>) -> Result<(), Error> {
    let write = cx.db.write(|tx| async move {
        permit.check(&tx, &log()).await.map_err(not_an_auditor)?;
        permit.entry(&log(), cx.clock.now()).insert(&tx).await?;
        Ok(())
    });
    write.await
}

fn log() -> Resource {
    let (id, scope) = ("log".to_owned(), DEPLOYMENT.to_owned());
    Resource { kind: "audit_log", id, scope, team: None, asker: None, listed: false }
}

fn not_an_auditor(refused: crate::Refused) -> Error {
    match refused {
        crate::Refused::Forbidden(..) => Error::NotAnAuditor,
        other => other.into(),
    }
}

/// Where an export goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind this sealed entry.
    Sealed(u64),
    /// Behind this row of those not sealed when the export came to its end.
    Unsealed(i64),
}

/// Returns the next lines of an export, each canonical JSON with a line end, and where to go on; `None` at the end.
///
/// # Errors
/// The store's.
pub async fn export_page(tx: &Tx, from: Place) -> Result<(String, Option<Place>), Error> {
    let mut text = String::new();
    let next = match from {
        Place::Sealed(after) => {
            let page = tx.list_sealed(after, PAGE).await?;
            let last =
                page.iter().rev().find_map(|recorded| recorded.sealed.as_ref()).map_or(after, |sealed| sealed.seq);
            let mut checkpoints = tx.list_checkpoints(after + 1, last).await?.into_iter().peekable();
            for Recorded { entry, sealed, .. } in page {
                let Some(Sealed { seq, prev_hash, hash }) = sealed else { continue };
                write_line(&mut text, &Line::Sealed { seq, entry: entry.into(), prev_hash, hash })?;
                while let Some(checkpoint) = checkpoints.next_if(|checkpoint| checkpoint.seq == seq) {
                    write_line(&mut text, &Line::Checkpoint { checkpoint })?;
                }
            }
            Some(if last == after { Place::Unsealed(0) } else { Place::Sealed(last) })
        }
        Place::Unsealed(after) => {
            let page = tx.list_unsealed(after, PAGE).await?;
            let last = page.last().map(|recorded| recorded.id);
            for recorded in page {
                write_line(&mut text, &Line::Unsealed { unsealed: recorded.entry.into() })?;
            }
            last.map(Place::Unsealed)
        }
    };
    Ok((text, next))
}

fn write_line(text: &mut String, line: &Line) -> Result<(), serde_json::Error> {
    let bytes = base::canonical_json(line)?;
    text.push_str(&String::from_utf8_lossy(&bytes)); // JSON is UTF-8, so nothing is lost
    text.push('\n');
    Ok(())
}

/// Returns the whole log as lines `outcome actor action resource`, for tests.
///
/// # Errors
/// The store's.
pub async fn log_lines(tx: &Tx) -> db::Result<String> {
    let (mut recorded, _) = tx.list_entries(Condition::all(), None, u64::from(u32::MAX)).await?;
    recorded.reverse();
    let line = |Recorded { entry, .. }: &Recorded| {
        format!("{} {} {} {}", entry.outcome.as_str(), entry.actor, entry.action, entry.resource)
    };
    Ok(recorded.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Returns the entries about `resource` (`dataset/retail.core.customers`) before the row `before`, newest first, each
/// with its row. Whoever may see the thing may see its history; that is the caller's to decide.
///
/// # Errors
/// The store's.
pub async fn entries_of(tx: &Tx, resource: &str, before: Option<i64>, limit: u32) -> db::Result<Vec<(i64, Entry)>> {
    let fits = Condition::all().add(EntryColumn::Resource.eq(resource));
    let (recorded, _) = tx.list_entries(fits, before, limit.into()).await?;
    Ok(recorded.into_iter().map(|recorded| (recorded.id, recorded.entry)).collect())
}

/// Inserts an entry that no permit stands behind: of the server itself, or of the command line.
///
/// # Errors
/// The store's.
pub async fn insert(tx: &Tx, entry: &Entry) -> db::Result<()> {
    tx.insert_entry(entry).await
}

/// An entry with its place in the chain, where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub entry: Entry,
    pub sealed: Option<Sealed>,
}

/// Returns up to `limit` entries about any of `resources`, newest first, and how many there are. Whoever may see the things may see their
/// history; that is the caller's to decide.
///
/// # Errors
/// The store's.
pub async fn entries_about(tx: &Tx, resources: &[String], limit: u32) -> db::Result<(Vec<Placed>, u64)> {
    let fits = Condition::all().add(EntryColumn::Resource.is_in(resources.iter().map(String::as_str)));
    let (recorded, total) = tx.list_entries(fits, None, limit.into()).await?;
    Ok((recorded.into_iter().map(|Recorded { entry, sealed, .. }| Placed { entry, sealed }).collect(), total))
}

/// Returns the newest entry about `resource` until `at` that is one of `actions`.
///
/// # Errors
/// The store's.
pub async fn last_entry(tx: &Tx, resource: &str, actions: &[&str], at: Timestamp) -> db::Result<Option<Placed>> {
    let fits = Condition::all()
        .add(EntryColumn::Resource.eq(resource))
        .add(EntryColumn::Action.is_in(actions.iter().copied()))
        .add(EntryColumn::AtUs.lte(at.0));
    let (mut recorded, _) = tx.list_entries(fits, None, 1).await?;
    Ok(recorded.pop().map(|Recorded { entry, sealed, .. }| Placed { entry, sealed }))
}
